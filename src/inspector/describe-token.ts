import { tokenClaimNames } from '../tokens/token-claims.ts'
import { maskAddress, plain } from './mask.ts'
import type { TokenView } from './wire.ts'

/** What a JWT says, unverified: for reading only. `undefined` where it is none. */
export function describeToken(
  token: string,
  origin: TokenView['origin'],
  handle: string | null,
): TokenView | undefined {
  const [header, claims] = token.slice(0, 8_300).split('.').slice(0, 2).map(readPart)
  if (!header || !claims) return undefined
  const known = Object.entries(claims).filter(([name]) => tokenClaimNames.has(name))
  return {
    handle,
    origin,
    header: Object.fromEntries(
      ['alg', 'typ', 'kid'].flatMap((name) => (name in header ? [[name, shortText(header[name])]] : [])),
    ),
    claims: Object.fromEntries(known.map(([name, value]) => [name, plainClaim(name, value)])),
    ownClaims: Object.keys(claims)
      .filter((name) => !tokenClaimNames.has(name))
      .slice(0, 20)
      .map((name) => plain(name, 40)),
  }
}

/** The `sid` of a token that nobody has verified: good enough to see which flow it belongs to. */
export function sessionOfToken(token: string): string | undefined {
  const claims = readPart(token.slice(0, 8_300).split('.')[1] ?? '')
  return typeof claims?.sid === 'string' ? claims.sid : undefined
}

function plainClaim(name: string, value: unknown): string | number | string[] {
  if (typeof value === 'number') return value
  if (Array.isArray(value)) return value.slice(0, 8).map(shortText)
  // Other issuers put an address there.
  return name === 'sub' && String(value).includes('@') ? maskAddress(String(value)) : shortText(value)
}

function shortText(value: unknown): string {
  return typeof value === 'string' ? plain(value, 120) : `‹${value === null ? 'null' : typeof value}›`
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
