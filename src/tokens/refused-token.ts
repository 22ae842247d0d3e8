import { Problem } from '../problems/problem.ts'

/**
 * The refusals of an access token, with the challenge of RFC 6750 3. The words to the caller are fixed: nothing of a token
 * is echoed, and a forger learns nothing of which check failed.
 *
 * @param reason which check failed, for the log only
 */
export function invalidToken(reason: string): Problem {
  return new Problem('token_invalid', { headers: challenge('The access token is not valid here') }, reason)
}

/** Who holds it may know: which keys were revoked is published. */
export function revokedKey(): Problem {
  const detail = 'The key that signed this token was revoked.'
  return new Problem(
    'token_invalid',
    { cause: 'key_revoked', detail, headers: challenge(detail.slice(0, -1)) },
    'the key was revoked',
  )
}

export function expiredToken(): Problem {
  return new Problem(
    'token_expired',
    { headers: challenge('The access token has expired') },
    'exp has passed',
  )
}

function challenge(description: string): Record<string, string> {
  return { 'WWW-Authenticate': `Bearer error="invalid_token", error_description="${description}"` }
}
