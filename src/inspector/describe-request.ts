import type { IncomingMessage } from 'node:http'
import type { Exchange } from '../middleware/exchange.ts'
import { hasBody } from '../middleware/read-body.ts'
import { begin, maskBody, maskPath, plain } from './mask.ts'
import type { RequestView } from './wire.ts'

export function describeRequest({ req, visit, path, params }: Exchange): RequestView {
  const asked = (req.url ?? '').split('?')[0] ?? ''
  return {
    method: plain(req.method ?? '', 12),
    path: path === '' || Object.keys(params).length > 0 ? maskPath(asked) : path,
    host: plain(req.headers.host ?? '', 80),
    client: clientName(req.headers['user-agent'], visit.device),
    headers: headersThatMatter(req),
    body: describeBody(req),
  }
}

/** What the lessons of the page call themselves. */
export const lessonAgent = 'Sallyport-Lesson/'

function clientName(agent: string | undefined, device: string): string {
  if (!agent?.startsWith(lessonAgent)) return device
  const lesson = agent.slice(lessonAgent.length).split(' ')[0] ?? ''
  return `Lesson: ${plain(lesson, 40).replaceAll('-', ' ')}`
}

const shown = [
  'host',
  'content-type',
  'cookie',
  'authorization',
  'origin',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'accept',
  'x-flow-id',
  'access-control-request-method',
  'user-agent',
]

function headersThatMatter(req: IncomingMessage): [string, string][] {
  return shown.flatMap((name): [string, string][] => {
    const value = req.headers[name]
    if (value === undefined) return []
    const text = Array.isArray(value) ? value.join(', ') : value
    if (name === 'cookie') return [[name, maskCookies(text)]]
    return [[name, name === 'authorization' ? maskAuthorization(text) : plain(text)]]
  })
}

const ours = /^(__Host-)?sallyport\./

/** Other applications of this machine share the jar: of theirs only the names are shown. */
function maskCookies(header: string): string {
  return header
    .split(';')
    .slice(0, 12)
    .map((pair) => {
      const [name = '', value = ''] = splitOnce(pair.trim(), '=')
      return `${plain(name, 40)}=${ours.test(name) ? begin(readable(value)) : '…'}`
    })
    .join('; ')
}

/** Every signed cookie begins with `s:`, however that was encoded; what follows tells two apart. */
export function readable(value: string): string {
  return value.replace(/^s(:|%3A)/i, '')
}

const schemes = /^(Bearer|Basic|Digest|JWT|Token)(?=\s|$)/i

function maskAuthorization(text: string): string {
  const scheme = schemes.exec(text)?.[0]
  if (scheme === undefined) return '‹without a scheme that is known›'
  const rest = text.slice(scheme.length).trim()
  if (rest === '') return scheme
  return `${scheme} ${/^["']/.test(rest) ? '‹in quotes›' : '‹masked›'}`
}

function describeBody(req: IncomingMessage): string | null {
  if (req.method === 'GET' || req.method === 'HEAD' || !hasBody(req)) return null
  const { body } = req as { body?: unknown }
  if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body)) return maskBody(body, 'request')
  return '‹a body that nothing has read as a JSON object: it was refused before, or is none›'
}

export function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
