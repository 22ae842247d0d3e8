import { invalidToken } from './refused-token.ts'

export const maxTokenLength = 8_192

/**
 * What comes before the signature: that the text is one token in its only spelling, and that its header asks for nothing
 * but our own type. Without it one token has many spellings (white space, unused base64 bits), which `jose` would accept.
 * `jwk`, `jku`, `x5u` and `x5c` are not looked at: keys come from the ring and nowhere else (ASVS 9.1.3).
 */
export function readHeader(token: string): { alg: string; kid: string } {
  const header = parseHeader(partsOf(token)[0] as string)
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || typeof kid !== 'string') throw invalidToken('alg or kid is not a string')
  // RFC 9068 4; media types compare without case, but we wrote this one, so another case was written by somebody else.
  if (typ !== 'at+jwt' && typ !== 'application/at+jwt') throw invalidToken('typ is not at+jwt')
  // We issue no extension, so even an empty or understood `crit` is not ours (RFC 7515 4.1.11, RFC 7797).
  if ('crit' in header || 'b64' in header) throw invalidToken('the header has crit or b64')
  return { alg, kid }
}

/** @throws on bytes that are not UTF-8, on a byte order mark and on what is not JSON */
export function parseJson(bytes: Uint8Array, reviver?: (key: string, value: unknown) => unknown): unknown {
  return JSON.parse(utf8.decode(bytes), reviver)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const threeParts = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function partsOf(token: string): string[] {
  if (!threeParts.test(token)) throw invalidToken('not three base64url parts')
  const parts = token.split('.')
  const isExact = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part
  if (!parts.every(isExact)) throw invalidToken('a part does not re-encode to itself')
  return parts
}

function parseHeader(part: string): Record<string, unknown> {
  let header: unknown
  try {
    header = parseJson(Buffer.from(part, 'base64url'))
  } catch {
    throw invalidToken('the header is not JSON')
  }
  if (!isRecord(header)) throw invalidToken('the header is not an object')
  return header
}
