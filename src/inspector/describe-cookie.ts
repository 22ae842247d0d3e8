import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CookieJudgement } from '../middleware/session.ts'
import { readable, splitOnce } from './describe-request.ts'
import { begin, plain } from './mask.ts'
import type { CookieVerdict, CookieView, SetCookieView } from './wire.ts'

/** @param stage of the session that the cookie names, `undefined` where the store has none */
export function describeCookie(
  req: IncomingMessage,
  res: ServerResponse,
  judged: CookieJudgement,
  stage: string | undefined,
): CookieView {
  const pairs = (req.headers.cookie ?? '')
    .split(';')
    .map((pair) => splitOnce(pair.trim(), '='))
    .filter(([name]) => name !== '')
  const own = pairs.find(([name]) => name === judged.name)
  return {
    name: judged.name,
    received: own !== undefined,
    names: pairs.slice(0, 12).map(([name]) => plain(name, 40)),
    begins: own ? begin(readable(own[1])) : null,
    verdict: verdictOn(judged, stage),
    set: setCookies(res).map((line) => describeSetCookie(line, req)),
  }
}

function verdictOn({ verdict }: CookieJudgement, stage: string | undefined): CookieVerdict {
  if (verdict !== 'signed') return verdict
  if (stage === undefined || stage === 'anonymous') return 'unknown'
  return stage === 'ended' ? 'ended' : 'ok'
}

function setCookies(res: ServerResponse): string[] {
  const lines = res.getHeader('set-cookie')
  return lines === undefined ? [] : [lines].flat().map(String)
}

function describeSetCookie(line: string, req: IncomingMessage): SetCookieView {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const [name, value] = splitOnce(pair, '=')
  const named = attributes.map((attribute) => splitOnce(attribute, '='))
  return {
    name: plain(name, 60),
    begins: value === '' ? '' : begin(readable(value)),
    attributes: named.map(([attribute, text]) => ({
      name: attribute,
      value: text === '' ? null : plain(text, 60),
      means: meanings[attribute.toLowerCase()]?.(text) ?? '',
    })),
    returns: value === '' ? takenBack : judgeReturn(req, line),
  }
}

const meanings: Record<string, (value: string) => string> = {
  path: (value) =>
    value === '/' ? 'sent with every path of this host' : `sent with ${plain(value, 40)} only`,
  expires: (value) =>
    Date.parse(value) <= Date.now() ? 'in the past: the cookie is deleted' : 'kept until then',
  'max-age': (value) => `kept for ${plain(value, 20)} s`,
  httponly: () => 'no script of a page reads it',
  secure: () => 'over https only; browsers make an exception for localhost',
  samesite: () => 'Lax: not sent with requests that other sites cause, but for links that are followed',
  domain: (value) => `also sent to hosts below ${plain(value, 60)}`,
}

const takenBack = { will: 'no', because: 'This takes the cookie back.' } as const

type Return = SetCookieView['returns']

/** Judged from what this request shows: its scheme, its host and its client. */
function judgeReturn(req: IncomingMessage, line: string): Return {
  const host = (req.headers.host ?? '').replace(/:\d+$/, '')
  const isSecure = /;\s*secure(;|$)/i.test(line)
  if (isSecure && host !== 'localhost') {
    return {
      will: 'no',
      because: `The cookie is Secure and this request is plain http at ${plain(host, 60)}.`,
    }
  }
  return isBrowser(req) ? judgeBrowser(req, host) : judgeTool(req.headers['user-agent'] ?? '', host)
}

function isBrowser(req: IncomingMessage): boolean {
  return req.headers['sec-fetch-site'] !== undefined || req.headers['sec-fetch-mode'] !== undefined
}

function judgeBrowser({ headers }: IncomingMessage, host: string): Return {
  const site = headers['sec-fetch-site']
  const only = `to http://${plain(host, 60)} only: localhost and 127.0.0.1 have two jars`
  if (site === 'cross-site') {
    return { will: 'no', because: 'The page is of another site, and the cookie is SameSite=Lax.' }
  }
  if (headers['sec-fetch-mode'] === 'cors' && site === 'same-site') {
    return { will: 'if asked', because: `With credentials: 'include' in each fetch, ${only}.` }
  }
  return { will: 'yes', because: `The browser sends it by itself, ${only}.` }
}

const tools: [RegExp, Return['will'], string][] = [
  [/^curl\//, 'if asked', 'curl forgets cookies: write them with -c jar and send them with -b jar'],
  [/^Wget\//, 'if asked', 'wget keeps them with --keep-session-cookies and --save-cookies'],
  [/^PostmanRuntime\/|insomnia|bruno/i, 'yes', 'it keeps cookies for each host and sends them by itself'],
  [/^HTTPie\//, 'if asked', 'HTTPie keeps cookies in a session: --session=name'],
  [/^python-/i, 'if asked', 'requests keeps cookies in a Session, httpx in a Client'],
  [
    /^(node|undici|axios)/i,
    'if asked',
    'Node has no cookie jar: send the value of Set-Cookie as Cookie yourself',
  ],
  [/^Sallyport-Lesson\//, 'yes', 'the lesson keeps them as a browser does'],
]

function judgeTool(agent: string, host: string): Return {
  const known = tools.find(([pattern]) => pattern.test(agent))
  const [, will, why] = known ?? [
    /./,
    'if asked' as const,
    'this client is not known: most keep no cookies unless told to',
  ]
  return { will, because: `${why[0]?.toUpperCase()}${why.slice(1)}, for ${plain(host, 60)} only.` }
}
