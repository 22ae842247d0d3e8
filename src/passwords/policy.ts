import { Problem } from '../problems/problem.ts'

const minLength = 8
const maxLength = 256

/** Length in code points, so that an emoji counts once (ASVS 6.2.1, 6.2.9). Nothing is trimmed, folded or cut (D12). */
export function checkPasswordLength(password: string): void {
  // A code point takes at most two UTF-16 units: an endless password is refused before it is counted (A-PW-05).
  const length = password.length > 2 * maxLength ? maxLength + 1 : [...password].length
  if (length < minLength) throw rejected('too_short', `A password has at least ${minLength} characters.`)
  if (length > maxLength) throw rejected('too_long', `A password has at most ${maxLength} characters.`)
  // Half of a surrogate pair has no UTF-8: it would be hashed as U+FFFD, and another password would open the account.
  if (!password.isWellFormed()) throw rejected('not_unicode', 'The password has half of a character in it.')
}

function rejected(reason: 'too_short' | 'too_long' | 'not_unicode', detail: string): Problem {
  return new Problem('password_rejected', { detail, extra: { reason } })
}
