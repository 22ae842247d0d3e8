import type { Refusal } from './refusal.ts'
import type { SeenToken } from './token.ts'

export type ClaimTest = string | number | boolean | null | ((value: unknown) => boolean)
/** Exact values or tests by name, or one test of all the account's own claims. */
export type ClaimRules = Record<string, ClaimTest> | ((claims: Record<string, unknown>) => boolean)

export type Policy = {
  audiences: readonly string[]
  amr: readonly string[]
  maxAgeMs: number | undefined
  claims: ClaimRules | undefined
  scopes: readonly string[]
  clockToleranceMs: number
}

/** What is asked of a token each time, also when its signature is known to be good. `undefined`: it may pass. */
export function findRefusal(token: SeenToken, policy: Policy, nowMs: number): Refusal | undefined {
  return (
    timeRefusal(token, policy, nowMs) ?? audienceRefusal(token, policy) ?? rightsRefusal(token, policy, nowMs)
  )
}

/** The most that two servers may be apart: a token of the one that is ahead is no token from the future (F-CLOCK-02). */
const futureLeewayMs = 60_000

function timeRefusal(token: SeenToken, { clockToleranceMs }: Policy, nowMs: number): Refusal | undefined {
  if (token.exp * 1_000 + clockToleranceMs <= nowMs) {
    return { code: 'token_expired', cause: 'expired', detail: 'The access token has expired.' }
  }
  if (Math.max(token.iat, token.nbf) * 1_000 > nowMs + futureLeewayMs) {
    const differs = { claim: 'iat', got: token.iat, wanted: Math.floor(nowMs / 1_000) }
    const detail = 'It is from the future: a clock is wrong, here or at the issuer.'
    return { code: 'token_invalid', cause: 'clock', detail, differs }
  }
  return undefined
}

function audienceRefusal({ aud }: SeenToken, { audiences }: Policy): Refusal | undefined {
  if (audiences.includes(aud)) return undefined
  const wanted = audiences.length === 1 ? audiences[0] : audiences
  const detail = 'It is for another audience: the option audience has to be the TOKEN_AUDIENCE of the issuer.'
  return {
    code: 'token_invalid',
    cause: 'wrong_audience',
    detail,
    differs: { claim: 'aud', got: aud, wanted },
  }
}

function rightsRefusal(token: SeenToken, policy: Policy, nowMs: number): Refusal | undefined {
  return loginRefusal(token, policy, nowMs) ?? scopeRefusal(token, policy) ?? claimRefusal(token, policy)
}

function loginRefusal(token: SeenToken, { amr, maxAgeMs, clockToleranceMs }: Policy, nowMs: number) {
  if (!amr.every((method) => token.amr.includes(method))) {
    const differs = { claim: 'amr', got: token.amr, wanted: amr }
    return weakLogin('wrong_amr', `The login behind it used not all of ${amr.join(', ')}.`, differs)
  }
  if (maxAgeMs !== undefined && token.authTime * 1_000 + maxAgeMs + clockToleranceMs <= nowMs) {
    const maxAgeSeconds = Math.floor(maxAgeMs / 1_000)
    const age = Math.floor(nowMs / 1_000) - token.authTime
    const differs = { claim: 'auth_time', got: `${age} s ago`, wanted: `at most ${maxAgeSeconds} s ago` }
    return { ...weakLogin('login_too_old', 'The login behind it is too long ago.', differs), maxAgeSeconds }
  }
  return undefined
}

function weakLogin(cause: string, detail: string, differs: NonNullable<Refusal['differs']>): Refusal {
  return { code: 'reauth_required', cause, detail, differs }
}

function scopeRefusal(token: SeenToken, { scopes }: Policy): Refusal | undefined {
  if (scopes.length === 0) return undefined
  const granted = token.scope.split(' ')
  if (scopes.every((scope) => granted.includes(scope))) return undefined
  const scope = scopes.join(' ')
  const differs = { claim: 'scope', got: token.scope, wanted: scope }
  return {
    code: 'insufficient_scope',
    cause: 'wrong_scope',
    detail: 'Its scope is too small.',
    differs,
    scope,
  }
}

function claimRefusal({ claims }: SeenToken, { claims: rules }: Policy): Refusal | undefined {
  if (rules === undefined) return undefined
  if (typeof rules === 'function') {
    return passes(rules, claims)
      ? undefined
      : wrongClaim('its claims', claims, 'what the test of claims accepts')
  }
  for (const [name, wanted] of Object.entries(rules)) {
    const got = Object.hasOwn(claims, name) ? claims[name] : undefined
    const isGood = typeof wanted === 'function' ? passes(wanted, got) : got === wanted
    if (!isGood) return wrongClaim(name, got, typeof wanted === 'function' ? 'what its test accepts' : wanted)
  }
  return undefined
}

/** A test that trips over a claim that is not there has not passed. */
function passes<Value>(test: (value: Value) => boolean, value: Value): boolean {
  try {
    return test(value) === true
  } catch {
    return false
  }
}

function wrongClaim(claim: string, got: unknown, wanted: unknown): Refusal {
  const detail = `The account has not the claim that is asked for: ${claim}.`
  return { code: 'insufficient_scope', cause: 'wrong_claim', detail, differs: { claim, got, wanted } }
}
