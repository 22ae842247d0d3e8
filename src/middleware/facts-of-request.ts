import type { IncomingMessage } from 'node:http'
import type { RequestFacts } from '../problems/facts.ts'
import type { Web } from './exchange.ts'
import { isOwnOrigin } from './origin.ts'
import { hasBody } from './read-body.ts'

/** What a request says of itself beside its credentials and its body. */
export function factsOfRequest(
  req: IncomingMessage,
  web: Pick<Web, 'publicUrl' | 'corsOrigins' | 'development'>,
): RequestFacts {
  const { headers, method = '' } = req
  const length = Number(headers['content-length'])
  return {
    method,
    host: hostOf(req),
    scheme: schemeOf(req),
    origin: originOf(headers.origin, web),
    site: oneOf(['same-origin', 'same-site', 'cross-site', 'none'], headers['sec-fetch-site']),
    contentType: contentTypeOf(headers['content-type']),
    isCompressed: (headers['content-encoding'] ?? 'identity') !== 'identity',
    hasBody: hasBody(req),
    length: Number.isSafeInteger(length) && headers['content-length'] !== undefined ? length : undefined,
    hasTokenInQuery: hasTokenInQuery(req.url ?? ''),
    isPreflight: method === 'OPTIONS' && headers['access-control-request-method'] !== undefined,
  }
}

/** The name of a Host header, without the port, where it is one. */
export function hostOf({ headers }: IncomingMessage): string | undefined {
  const match = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,100})(?::\d{1,5})?$/i.exec(headers.host ?? '')
  return match?.[1]?.toLowerCase()
}

/** As the client sees it: a TLS proxy says so itself, and whoever claims it falsely misleads only himself. */
function schemeOf({ headers, socket }: IncomingMessage): 'http' | 'https' {
  const forwarded = String(headers['x-forwarded-proto'] ?? headers.forwarded ?? '')
  const isSecure = 'encrypted' in socket || /^https\b|\bproto=https\b/i.test(forwarded)
  return isSecure ? 'https' : 'http'
}

function originOf(
  origin: string | undefined,
  web: Pick<Web, 'publicUrl' | 'corsOrigins' | 'development'>,
): RequestFacts['origin'] {
  if (origin === undefined) return undefined
  const isShown = origin === 'null' || /^https?:\/\/[a-z0-9.:[\]-]{1,100}$/.test(origin)
  const text = isShown ? origin : 'an origin that is no http address'
  return { text, isOwn: isOwnOrigin(origin, web), isListed: web.corsOrigins.has(origin) }
}

function contentTypeOf(type: string | undefined): RequestFacts['contentType'] {
  if (type === undefined || type === '') return undefined
  if (/^application\/json\b/i.test(type)) return 'json'
  if (/form/i.test(type)) return 'form'
  return /^text\//i.test(type) ? 'text' : 'other'
}

function hasTokenInQuery(url: string): boolean {
  return /[?&](access_?token|token|bearer|jwt|authorization)=/i.test(url)
}

function oneOf(known: string[], text: string | string[] | undefined): string | undefined {
  return known.find((each) => each === text)
}
