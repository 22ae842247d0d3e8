import { clockLeewayMs } from '../utils/clock.ts'
import { expiredToken, invalidToken } from './refused-token.ts'
import { isRecord, parseJson } from './token-header.ts'

export type VerifiedToken = {
  accountId: string
  sessionId: string
  jti: string
  amr: string[]
  /** Seconds since the epoch, like the two below. */
  authTime: number
  issuedAt: number
  expiresAt: number
  /** The account's own claims. */
  claims: Record<string, unknown>
}

/** `client_id` of every token: who asked for it is this server's own session (RFC 9068 2.2 requires one). */
export const tokenClientId = 'sallyport'

/** Names that a token of ours gives a meaning of its own (RFC 9068, RFC 7519); all others are the account's. */
export const tokenClaimNames: ReadonlySet<string> = new Set([
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
])

/** What a token has to say to be ours. */
export type ClaimRules = { issuer: string; audience: string; ttlMs: number }

/**
 * Reads the payload of a token whose signature is good. Everything is compared exactly: `aud` as one string, so that a token made
 * for several audiences is no token of ours (A-JWT-18), numbers as whole seconds.
 */
export function readClaims(payload: Uint8Array, rules: ClaimRules, nowMs: number): VerifiedToken {
  const { iss, aud, sub, sid, jti, iat, exp, nbf, auth_time, amr, client_id, ...claims } =
    parsePayload(payload)
  if (iss !== rules.issuer) throw invalidToken('iss is not ours')
  if (aud !== rules.audience) throw invalidToken('aud is not ours')
  if (!isName(sub) || !isName(sid) || !isName(jti) || !isName(client_id)) {
    throw invalidToken('sub, sid, jti or client_id is not a string')
  }
  if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(auth_time)) {
    throw invalidToken('iat, exp or auth_time is not in whole seconds')
  }
  if (!isNames(amr)) throw invalidToken('amr is not a list of strings')
  if (nbf !== undefined && !isPast(nbf, nowMs)) throw invalidToken('nbf is in the future')
  if (exp - iat > rules.ttlMs / 1_000 + lifetimeSlackSeconds) throw invalidToken('it lives too long')
  const token = {
    accountId: sub,
    sessionId: sid,
    jti,
    amr,
    authTime: auth_time,
    issuedAt: iat,
    expiresAt: exp,
  }
  const verified = Object.freeze({ ...token, claims: Object.freeze(claims) })
  checkTimes(verified, nowMs)
  return verified
}

/**
 * No leeway for `exp`: a token never outlives what it promised, and a server whose clock is ahead only asks for a new one early.
 * 60 s for `iat` and `nbf` in the future, the most that two of our servers may be apart (A-JWT-14, F-CLOCK-02).
 */
export function checkTimes({ issuedAt, expiresAt }: VerifiedToken, nowMs: number): void {
  if (expiresAt * 1_000 <= nowMs) throw expiredToken()
  if (!isPast(issuedAt, nowMs)) throw invalidToken('iat is in the future')
}

/** Lets ACCESS_TOKEN_TTL change under way: tokens of before, and of a server that has the new value already, stay good. */
const lifetimeSlackSeconds = 3_600

function parsePayload(bytes: Uint8Array): Record<string, unknown> {
  let payload: unknown
  try {
    // Frozen all the way down: verified tokens are cached, so what one request changed another would read.
    payload = parseJson(bytes, (_, value) => Object.freeze(value))
  } catch {
    throw invalidToken('the payload is not JSON')
  }
  if (!isRecord(payload)) throw invalidToken('the payload is not an object')
  return payload
}

function isPast(seconds: unknown, nowMs: number): boolean {
  return isSeconds(seconds) && seconds * 1_000 <= nowMs + clockLeewayMs
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isName)
}
