import { hash } from 'node:crypto'
import { isName, isNames } from './jws.ts'
import { invalidToken } from './refusal.ts'

/** What a token with a good signature says, checked for its shape and its issuer; for whom it is, each guard asks for itself. */
export type SeenToken = {
  kid: string
  sub: string
  sid: string
  jti: string
  aud: string
  amr: string[]
  /** Seconds since the epoch, like the three below. */
  authTime: number
  iat: number
  exp: number
  nbf: number
  scope: string
  /** The account's own claims. */
  claims: Record<string, unknown>
  /** What the revocation feed calls its session. */
  sessionMark: string
}

/** Names that a token gives a meaning of its own (RFC 9068, RFC 7519); all others are the account's. */
export const registeredClaims: readonly string[] = [
  'iss',
  'aud',
  'sub',
  'sid',
  'jti',
  'iat',
  'exp',
  'nbf',
  'auth_time',
  'amr',
  'client_id',
]

export const maxTokenLength = 8_192
export const tokenTypes: readonly string[] = ['at+jwt', 'application/at+jwt']

/**
 * Everything is compared exactly: `iss` byte for byte, `aud` as one string, so that a token made for several audiences is no token
 * of ours (A-JWT-18), numbers as whole seconds.
 *
 * @throws Refused
 */
export function readClaims(payload: Record<string, unknown>, kid: string, issuer: string): SeenToken {
  const { iss, aud, sub, sid, jti, iat, exp, nbf, auth_time, amr, client_id, ...claims } = payload
  if (iss !== issuer) {
    const differs = { claim: 'iss', got: iss, wanted: issuer }
    throw invalidToken(
      'wrong_issuer',
      'Another issuer made this token: iss is compared byte for byte.',
      differs,
    )
  }
  if (!isName(sub) || !isName(sid) || !isName(jti) || !isName(client_id) || !isNames(amr)) {
    throw invalidToken(
      'wrong_type',
      'sub, sid, jti, client_id or amr is missing: it is no access token of Sallyport.',
    )
  }
  if (!isName(aud)) {
    throw invalidToken('wrong_audience', 'aud is not one string.', {
      claim: 'aud',
      got: aud,
      wanted: 'a string',
    })
  }
  if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(auth_time) || !(nbf === undefined || isSeconds(nbf))) {
    throw invalidToken('wrong_type', 'iat, exp, auth_time or nbf is not in whole seconds.')
  }
  if (exp - iat > maxLifetimeSeconds) {
    throw invalidToken('wrong_type', 'It lives longer than an access token of Sallyport ever does.')
  }
  return Object.freeze({
    ...{ kid, sub, sid, jti, aud, amr, authTime: auth_time, iat, exp, nbf: nbf ?? iat },
    scope: typeof claims.scope === 'string' ? claims.scope : '',
    claims: Object.freeze(claims),
    sessionMark: sessionMark(sid),
  })
}

/** ACCESS_TOKEN_TTL is at most an hour; one more for a server that changes it under way. */
const maxLifetimeSeconds = 7_200

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function sessionMark(sid: string): string {
  return hash('sha256', sid, 'base64url').slice(0, 16)
}
