import type { KeyObject } from 'node:crypto'
import { type CryptoKey, compactVerify } from 'jose'
import { invalidToken } from './refusal.ts'

/** A key and the one algorithm that it is for. */
export type VerifyingKey = { algorithm: string; key: CryptoKey | KeyObject }

export type FindKey = (kid: string) => VerifyingKey | undefined | Promise<VerifyingKey | undefined>

/**
 * The payload of a compact JWS (RFC 7515) with a good signature. What comes before the signature is checked first: that the text
 * has its only spelling, is of the type that is asked for, and that its header asks for no extension. `jwk`, `jku`, `x5u` and
 * `x5c` are not looked at: keys come from the issuer and from nowhere else (ASVS 9.1.3).
 *
 * @throws Refused
 */
export async function readJws(
  text: string,
  types: readonly string[],
  findKey: FindKey,
): Promise<{ kid: string; payload: Record<string, unknown> }> {
  const { alg, kid } = readHeader(text, types)
  const key = await findKey(kid)
  if (!key) throw invalidToken('unknown_kid', 'The issuer has published no key of this kid.')
  // The key decides the algorithm, the header only has to agree (RFC 8725 3.1).
  if (alg !== key.algorithm)
    throw invalidToken('wrong_algorithm', 'The alg of the header is not that of the key.')
  const bytes = await compactVerify(text, key.key, { algorithms: [key.algorithm] }).catch(() => {
    throw invalidToken('altered', 'The signature does not fit what it signs.')
  })
  return { kid, payload: parseObject(bytes.payload, 'payload') }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isName)
}

const threeParts = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readHeader(text: string, types: readonly string[]): { alg: string; kid: string } {
  const header = parseObject(Buffer.from(partsOf(text)[0] as string, 'base64url'), 'header')
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || typeof kid !== 'string') {
    throw invalidToken('cut_off', 'The header has no alg or no kid.')
  }
  if (!types.includes(typ as string)) {
    const differs = { claim: 'typ', got: typ, wanted: types[0] }
    throw invalidToken('wrong_type', `The header does not say typ ${types[0]}.`, differs)
  }
  // We issue no extension, so even an empty or understood `crit` is not ours (RFC 7515 4.1.11, RFC 7797).
  if ('crit' in header || 'b64' in header)
    throw invalidToken('critical_header', 'The header has crit or b64.')
  return { alg, kid }
}

function partsOf(text: string): string[] {
  if (!threeParts.test(text))
    throw invalidToken('cut_off', 'It is not three parts of base64url with dots between.')
  const parts = text.split('.')
  const isExact = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part
  if (!parts.every(isExact))
    throw invalidToken('altered', 'A part is not in the one spelling that base64url has.')
  return parts
}

function parseObject(bytes: Uint8Array, name: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes), harmless)
  } catch {
    throw invalidToken('cut_off', `The ${name} is not JSON.`)
  }
  if (!isRecord(value)) throw invalidToken('cut_off', `The ${name} is not a JSON object.`)
  return value
}

/**
 * Frozen all the way down: verified tokens are cached, so what one request changed another would read. And without the one name that
 * changes the prototype of whatever it is assigned to.
 */
function harmless(name: string, member: unknown): unknown {
  return name === '__proto__' ? undefined : Object.freeze(member)
}
