import type { KeyObject } from 'node:crypto'
import { compactVerify, importJWK, type JWK } from 'jose'
import { clockLeewayMs } from '../utils/clock.ts'
import { sayDuration } from '../utils/duration.ts'
import type { ReadToken, TokenFault } from './read-token.ts'

export type TokenJudge = {
  issuer: string
  audience: string
  /** As the issuer publishes them. */
  jwks: Record<string, unknown>[]
  /** The shared secret of HS256, where it is at hand. */
  secret?: (kid: string) => { algorithm: string; key: KeyObject } | undefined
  nowMs: number
}

/**
 * Every reason why a verifier would refuse a token, not only the first: the keys of the issuer decide the algorithm, claims
 * are compared exactly, as the server does it. Keys come from the issuer alone, never from the token (ASVS 9.1.3).
 */
export async function judgeToken(read: ReadToken, judge: TokenJudge): Promise<TokenFault[]> {
  return [
    ...read.faults,
    ...faultsOfHeader(read),
    ...(await faultsOfSignature(read, judge)),
    ...faultsOfParties(read, judge),
    ...faultsOfTimes(read, judge),
    ...faultsOfShape(read),
  ]
}

const getAnother = 'Get a new token with POST /auth/token.'

function faultsOfHeader({ header }: ReadToken): TokenFault[] {
  const faults: TokenFault[] = []
  if (header.typ !== 'at+jwt' && header.typ !== 'application/at+jwt') {
    const says = `Its typ is ${show(header.typ)} and not at+jwt: it is no access token.`
    faults.push({
      code: 'wrong_typ',
      says,
      fix: 'Send the accessToken, no id token and nothing of another kind.',
    })
  }
  if ('crit' in header || 'b64' in header) {
    const says = 'Its header asks for an extension (crit or b64) that nobody here knows.'
    faults.push({ code: 'critical_header', says, fix: getAnother })
  }
  return faults
}

async function faultsOfSignature({ token, header }: ReadToken, judge: TokenJudge): Promise<TokenFault[]> {
  const kid = String(header.kid)
  const jwk = judge.jwks.find((each) => each.kid === header.kid)
  const shared = jwk ? undefined : judge.secret?.(kid)
  if (!jwk && !shared) return [unknownKey(header, judge)]
  const algorithm = jwk ? String(jwk.alg) : (shared?.algorithm ?? '')
  if (header.alg !== algorithm) {
    const says = `Its alg is ${show(header.alg)}, and the key ${kid} is for ${algorithm}: the token was not signed with it.`
    return [{ code: 'wrong_alg', says, fix: getAnother }]
  }
  try {
    await compactVerify(token, jwk ? await importJWK(jwk as JWK, algorithm) : (shared?.key as KeyObject), {
      algorithms: [algorithm],
    })
    return []
  } catch {
    const says = 'The signature does not fit: the token was changed on its way, or made by somebody else.'
    return [
      { code: 'bad_signature', says, fix: 'Copy it whole and unchanged. If it is whole, do not trust it.' },
    ]
  }
}

function unknownKey(header: Record<string, unknown>, { jwks, issuer }: TokenJudge): TokenFault {
  if (jwks.length === 0) {
    const says = `${issuer} publishes no keys: it signs with JWT_SECRET, so nobody else can verify its tokens.`
    const fix =
      'Run this where the settings of the server are, or unset JWT_SECRET there for keys that are published.'
    return { code: 'no_keys', says, fix }
  }
  const says = `No key of ${issuer} has the kid ${show(header.kid)}: another server issued it, or its key was retired or revoked.`
  return { code: 'unknown_kid', says, fix: `Ask the issuer that the token names, or ${lower(getAnother)}` }
}

function faultsOfParties({ claims }: ReadToken, { issuer, audience }: TokenJudge): TokenFault[] {
  const faults: TokenFault[] = []
  if (claims.iss !== issuer) {
    const says = `Its issuer is ${show(claims.iss)}, and ${show(issuer)} is expected, byte for byte.`
    const fix =
      'Use the PUBLIC_URL of the server in both places: scheme, host and port count, and a slash at the end too.'
    faults.push({ code: 'wrong_issuer', says, fix })
  }
  if (claims.aud !== audience) {
    const says = `It is for the audience ${show(claims.aud)}, and ${show(audience)} is expected.`
    faults.push({
      code: 'wrong_audience',
      says,
      fix: 'Set TOKEN_AUDIENCE at the server, or expect what it has: --audience.',
    })
  }
  return faults
}

function faultsOfTimes({ claims }: ReadToken, { nowMs }: TokenJudge): TokenFault[] {
  const faults: TokenFault[] = []
  const expiredMs = nowMs - Number(claims.exp) * 1_000
  if (expiredMs >= 0) {
    const says = `It expired ${sayDuration(expiredMs)} ago.`
    faults.push({
      code: 'expired',
      says,
      fix: 'Get a new one with POST /auth/token, or with POST /auth/refresh.',
    })
  }
  for (const name of ['iat', 'nbf']) {
    const aheadMs = Number(claims[name]) * 1_000 - nowMs
    if (claims[name] === undefined || !(aheadMs > clockLeewayMs)) continue
    const says = `Its ${name} is ${sayDuration(aheadMs)} in the future: a clock is wrong, here or at the issuer.`
    faults.push({ code: 'not_yet_valid', says, fix: 'Set both clocks by NTP.' })
  }
  return faults
}

function faultsOfShape({ claims }: ReadToken): TokenFault[] {
  const names = ['sub', 'sid', 'jti', 'client_id', 'iat', 'exp', 'auth_time', 'amr']
  const missing = names.filter((name) => claims[name] === undefined)
  if (missing.length === 0) return []
  const says = `It has no ${missing.join(', ')}, which every access token of Sallyport has.`
  return [{ code: 'missing_claim', says, fix: 'Send the accessToken of POST /auth/token.' }]
}

/** One line, and short: what a token says may be anything. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

function lower(text: string): string {
  return text[0]?.toLowerCase() + text.slice(1)
}
