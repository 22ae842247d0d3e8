import { Problem } from '../problems/problem.ts'
import { isBreached } from './breached-passwords.ts'
import { type CommonPasswords, loadCommonPasswords } from './common-passwords.ts'
import { addressWords, fold, serviceWords, without } from './context-words.ts'
import { minLength, weaknessOf } from './guessable.ts'

export type PasswordPolicy = {
  /** Throws the Problem `password_rejected` for a password that its owner may not choose. */
  check(password: string, about: { email: string }): Promise<void>
}

type PasswordPolicyOptions = {
  productName: string
  publicUrl: string
  /** Whether api.pwnedpasswords.com is asked too. */
  breached: boolean
  fetch?: typeof fetch
  onEvent?: (event: { type: 'password.breach_check_failed'; detail: { error: string } }) => void
}

const maxLength = 256

/** The rules for a new password. There are none about its composition or its age (ASVS 6.2.5, 6.2.10). */
export function createPasswordPolicy(options: PasswordPolicyOptions): PasswordPolicy {
  const ofService = serviceWords(options)

  async function check(password: string, { email }: { email: string }): Promise<void> {
    checkPasswordLength(password)
    const common = await loadCommonPasswords()
    const text = fold(password)
    checkContext(text, { ofAddress: addressWords(email), ofService }, common)
    checkGuessable(text, common)
    if (options.breached) await checkBreached(password, options)
  }

  return { check }
}

/** Length in code points, so that an emoji counts once (ASVS 6.2.1, 6.2.9). Nothing is trimmed, folded or cut (D12). */
export function checkPasswordLength(password: string): void {
  // A code point takes at most two UTF-16 units: an endless password is refused before it is counted (A-PW-05).
  const length = password.length > 2 * maxLength ? maxLength + 1 : [...password].length
  if (length < minLength) throw rejected('too_short', `A password has at least ${minLength} characters.`)
  if (length > maxLength) throw rejected('too_long', `A password has at most ${maxLength} characters.`)
  // Half of a surrogate pair has no UTF-8: it would be hashed as U+FFFD, and another password would open the account.
  if (!password.isWellFormed()) throw rejected('not_unicode', 'The password has half of a character in it.')
}

/**
 * Words that belong to the account or the service count for nothing, and what is left must be a password of its own
 * (ASVS 6.1.2, 6.2.11): `test` may stand in a long sentence of test@test.com, but can't carry it.
 */
function checkContext(
  text: string,
  { ofAddress, ofService }: Record<'ofAddress' | 'ofService', string[]>,
  common: CommonPasswords,
): void {
  const leavesTooLittle = (words: string[]) => !isEnough(without(words, text), text, common)
  if (leavesTooLittle(ofAddress)) {
    const what = 'Without the parts of the e-mail address, too little is left of this password'
    throw rejected('contains_address', `${what}: choose one that has nothing to do with the address.`)
  }
  if (leavesTooLittle([...ofAddress, ...ofService])) {
    const what = 'Without the name and the host of this service, too little is left of this password'
    throw rejected('contains_context', `${what}: choose one that has nothing to do with the service.`)
  }
}

function isEnough(rest: string, text: string, common: CommonPasswords): boolean {
  return rest === text || ([...rest].length >= minLength && weaknessOf(rest, common) === undefined)
}

function checkGuessable(text: string, common: CommonPasswords): void {
  const weakness = weaknessOf(text, common)
  if (weakness === 'too_simple') {
    const what = 'This password is little more than a repetition or a run such as 12345678'
    throw rejected('too_simple', `${what}: choose one without such a pattern.`)
  }
  if (weakness === 'too_common') {
    const list = `the list of the ${common.size.toLocaleString('en')} most common ones`
    const what = `This password, with or without digits and signs at its ends, is on ${list}`
    throw rejected('too_common', `${what}: choose one that nobody else would think of.`)
  }
}

/** Without an answer the rules above have decided: an outage elsewhere must not keep anybody out (F-DNS-01). */
async function checkBreached(password: string, { fetch, onEvent }: PasswordPolicyOptions): Promise<void> {
  let breached = false
  try {
    breached = await isBreached(password, fetch ?? globalThis.fetch)
  } catch (error) {
    onEvent?.({ type: 'password.breach_check_failed', detail: { error: causeOf(error) } })
  }
  if (!breached) return
  const what = 'This password was published in a breach, and guessers try those first'
  throw rejected('breached', `${what}: choose one that you have never used anywhere.`)
}

/** fetch hides what happened in the cause of its error; where several addresses were tried, that has a code and no message. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}

type Reason =
  | 'too_short'
  | 'too_long'
  | 'not_unicode'
  | 'too_simple'
  | 'too_common'
  | 'contains_address'
  | 'contains_context'
  | 'breached'

function rejected(reason: Reason, detail: string): Problem {
  return new Problem('password_rejected', { detail, extra: { reason } })
}
