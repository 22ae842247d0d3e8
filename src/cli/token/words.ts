import type { ReadToken } from '../../tokens/read-token.ts'
import { tokenClaimNames } from '../../tokens/token-claims.ts'
import { sayDuration } from '../../utils/duration.ts'

/** RFC 8176 */
const methods: Record<string, string> = {
  pwd: 'a password',
  otp: 'a one-time code',
  hwk: 'a key of a device',
  swk: 'a software key',
  mfa: 'several factors',
}

/** What a token claims, one sentence each. Nothing here was verified. */
export function tokenWords({ header, claims }: ReadToken, nowMs: number): string[] {
  const own = Object.entries(claims).filter(([name]) => !tokenClaimNames.has(name))
  return [
    typeWords(header.typ),
    `says that ${show(claims.iss)} issued it${ago(claims.iat, nowMs)}`,
    `may be accepted by whoever expects the audience ${show(claims.aud)}, and by nobody else`,
    `is about the account ${show(claims.sub)}, in the session ${show(claims.sid)}`,
    expiryWords(claims.exp, nowMs),
    `was proved by ${proofWords(claims.amr)}${ago(claims.auth_time, nowMs)}`,
    `is signed with ${show(header.alg)}, ${header.alg === 'HS256' ? 'a secret that only its issuer has' : `by the key ${show(header.kid)}`}`,
    ...own.map(([name, value]) => `has the claim ${name} = ${show(value)}`),
  ]
}

function typeWords(typ: unknown): string {
  return typ === 'at+jwt' || typ === 'application/at+jwt'
    ? 'is an access token (typ at+jwt, RFC 9068)'
    : `is no access token of RFC 9068 (typ ${show(typ)})`
}

function expiryWords(exp: unknown, nowMs: number): string {
  const leftMs = Number(exp) * 1_000 - nowMs
  if (Number.isNaN(leftMs)) return 'never expires, which no access token should'
  return leftMs > 0 ? `expires in ${sayDuration(leftMs)}` : `expired ${sayDuration(-leftMs)} ago`
}

function proofWords(amr: unknown): string {
  if (!Array.isArray(amr) || amr.length === 0) return 'nothing that it names'
  return amr.map((method) => methods[String(method)] ?? show(method)).join(' and ')
}

function ago(seconds: unknown, nowMs: number): string {
  const passedMs = nowMs - Number(seconds) * 1_000
  if (Number.isNaN(passedMs)) return ''
  return passedMs >= 0 ? `, ${sayDuration(passedMs)} ago` : `, ${sayDuration(-passedMs)} in the future`
}

/** One line without quotes where there is a plain word; control characters stay escaped. */
function show(value: unknown): string {
  if (value === undefined) return '(missing)'
  if (typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value)) return value
  return JSON.stringify(value).slice(0, 300)
}
