import { Problem } from '../problems/problem.ts'
import { tokenClaimNames } from '../tokens/token-claims.ts'

/** Names of the token itself, some that verifiers would take for such, and two that JSON would act on. */
const reserved = new Set([...tokenClaimNames, 'acr', 'azp', 'scope', 'typ', 'cnf', 'toJSON', '__proto__'])

/** With the rest of a token this stays far under what proxies and cookies carry. */
const maxLength = 1_024

/** The account's own claims as they are stored. Refuses what no token should carry, in words. */
export function writeClaims(claims: Record<string, unknown>): string {
  for (const name of Object.keys(claims)) {
    if (reserved.has(name)) throw refused(`"${name}" is a claim of the token itself.`)
    if (!/^[A-Za-z][\w.:/-]{0,63}$/.test(name)) throw refused(`"${name}" is not a name for a claim.`)
  }
  const text = JSON.stringify(claims)
  if (Buffer.byteLength(text) > maxLength)
    throw refused(`They take more than ${maxLength} bytes as JSON. Keep what an API needs on every call.`)
  return text
}

function refused(detail: string): Problem {
  return new Problem('invalid_request', { detail })
}

export function readClaims(text: string): Record<string, unknown> {
  return text === '{}' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

/**
 * Whether what a token says of the account is still so. A claim that was added meanwhile is no lie of an older token; one that was
 * taken away or changed is (ASVS 8.3.2).
 */
export function claimsStillHold(told: Record<string, unknown>, text: string): boolean {
  const names = Object.keys(told)
  if (names.length === 0) return true
  const current = readClaims(text)
  return names.every((name) => JSON.stringify(told[name]) === JSON.stringify(current[name]))
}
