import type { IncomingMessage } from 'node:http'
import type { AuthorizationFacts, TokenFacts } from '../problems/facts.ts'
import { countHeader } from './auth.middleware.ts'
import type { Explaining } from './explaining.ts'

/** The shape of the Authorization header. */
export function factsOfAuthorization(req: IncomingMessage): AuthorizationFacts {
  const { authorization } = req.headers
  if (authorization === undefined) {
    return { count: 0, scheme: undefined, isQuoted: false, holds: 'nothing' }
  }
  const [, scheme = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(authorization.slice(0, maxRead)) ?? []
  const held = knownSchemes[scheme.toLowerCase()] ? rest : authorization
  return {
    count: countHeader(req, 'authorization'),
    scheme: schemeOf(scheme, rest),
    isQuoted: /^["'`]|["'`]$/.test(rest || scheme) || /^["'`]/.test(scheme),
    holds: holdingOf(held.trim()),
  }
}

/** Nothing longer is a token (tokens/token-header.ts). */
const maxRead = 8_300

const knownSchemes: Record<string, AuthorizationFacts['scheme']> = {
  bearer: 'Bearer',
  basic: 'Basic',
  digest: 'Digest',
  jwt: 'JWT',
  token: 'Token',
}

function schemeOf(scheme: string, rest: string): AuthorizationFacts['scheme'] {
  const known = knownSchemes[scheme.toLowerCase()]
  if (known === 'Bearer') return rest === '' || /\s/.test(rest) ? 'other' : known
  return known ?? (rest === '' ? 'none' : 'other')
}

const holdings: [RegExp, AuthorizationFacts['holds']][] = [
  [/^$/, 'nothing'],
  // These two may hold a space themselves: [object Object], <access token>.
  [/^(undefined|null|\[object|nan$|none$)/i, 'literal'],
  [/^[<{$%]|^(access_?token|your[-_]?token|token)$/i, 'placeholder'],
  [/\s/, 'several'],
  [/^eyJ[\w-]*\./, 'jwt'],
  [/^ses_/, 'session_id'],
  [/^srt_/, 'refresh_token'],
  [/^s(:|%3A)/i, 'cookie'],
  [/^\d{4,9}$/, 'digits'],
]

function holdingOf(text: string): AuthorizationFacts['holds'] {
  const bare = text.replace(/^["'`]|["'`]$/g, '')
  return holdings.find(([pattern]) => pattern.test(bare))?.[1] ?? 'other'
}

/**
 * What a JWT says, unverified and so for explaining only: nothing here opens anything. `undefined` where the header holds none.
 */
export function factsOfToken(req: IncomingMessage, keys: Explaining['keys']): TokenFacts | undefined {
  const token = /^Bearer +(eyJ[^\s]*)$/i.exec((req.headers.authorization ?? '').slice(0, maxRead))?.[1]
  if (token === undefined) return undefined
  const parts = token.split('.')
  const [header, payload] = [decode(parts[0]), decode(parts[1])]
  const kid = header?.kid
  return {
    parts: parts.length,
    isReadable: header !== undefined && payload !== undefined,
    algorithm: word(header?.alg),
    type: word(header?.typ),
    issuer: address(payload?.iss),
    audience: address(payload?.aud),
    keyAlgorithm: typeof kid === 'string' ? keys.verifier(kid)?.algorithm : undefined,
    ourAlgorithm: keys.signer().algorithm,
    expiresAt: seconds(payload?.exp),
    issuedAt: seconds(payload?.iat),
  }
}

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Only what has the form of such a name is repeated to people. */
function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w+./-]{1,20}$/.test(value) ? value : undefined
}

function address(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z0-9][a-z0-9.:/_-]{0,99}$/i.test(value) ? value : undefined
}

function seconds(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Math.abs(value as number) < 8.64e12 ? (value as number) : undefined
}
