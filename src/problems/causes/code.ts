import { sayDuration } from '../../utils/duration.ts'
import { type CauseRow, told } from '../cause-row.ts'
import { timeOfDay } from '../words.ts'

/** Why a code is not taken. What other logins have to do with it is known, and told, in development only. */
export const codeCauses = [
  {
    code: 'otp_invalid',
    cause: 'older_code',
    means: 'The code is of an earlier login of the same account: each login has a code of its own.',
    shownIn: 'development',
    when: ({ recalled }) =>
      recalled?.codeOf?.whose === 'older'
        ? `That code belongs to the login of ${timeOfDay(recalled.codeOf.openedAt)}${recalled.openedAt === undefined ? '' : `; this session waits for the one sent at ${timeOfDay(recalled.openedAt)}`}.`
        : undefined,
    fix: 'Send the code of the newest mail.',
    howOften: 5,
  },
  {
    code: 'otp_invalid',
    cause: 'other_login',
    means:
      'The code is right for another login that waits: the cookie and the code are of two different logins.',
    shownIn: 'development',
    when: ({ recalled }) =>
      recalled?.codeOf?.whose === 'other'
        ? `That code belongs to another login, of ${timeOfDay(recalled.codeOf.openedAt)}: the cookie of this request is of a different one.`
        : undefined,
    fix: 'Send the code together with the cookie that its own login set.',
    howOften: 3,
  },
  {
    code: 'otp_invalid',
    cause: 'typo',
    means: 'The code is of no login that waits: a digit was mistyped.',
    shownIn: 'development',
    when: ({ recalled }) =>
      recalled
        ? 'That code is of no login of the last minutes: probably a digit was mistyped.'
        : 'That code is not the one of this login.',
    fix: 'Send the code of the newest mail as a string of digits, with its leading zeros, from the client that logged in.',
    howOften: 4,
  },
  {
    code: 'otp_expired',
    cause: 'waited_too_long',
    means: 'More time than OTP_TTL passed between the login and the code.',
    shownIn: 'production',
    when: ({ settings }) =>
      `A code is good for ${sayDuration(settings.otpTtlMs)} after its login, and this one is older.`,
    fix: 'Log in again to get a new code.',
    howOften: 5,
  },
  {
    code: 'otp_attempts_exhausted',
    cause: 'wrong_codes',
    means: 'OTP_ATTEMPTS codes in a row were wrong.',
    shownIn: 'production',
    when: () => 'All tries of this login were wrong codes; not even the right one is taken any more.',
    fix: 'Log in again to get a new code.',
    howOften: 5,
  },
  {
    code: 'otp_locked',
    cause: 'wrong_codes_of_account',
    means: 'Wrong codes of all logins together used up the budget of the account.',
    shownIn: 'development',
    when: ({ told: { retryAfterSeconds } }) =>
      `Too many wrong codes came in all logins together; the next is taken in ${sayDuration((retryAfterSeconds ?? 0) * 1_000)}.`,
    fix: 'Wait for the seconds in Retry-After; in development sallyport user unlock ends the wait.',
    howOften: 5,
  },
  {
    code: 'otp_not_pending',
    cause: 'already_verified',
    means: 'The code of this session was verified before, by a second click for example.',
    shownIn: 'production',
    when: told('already_verified', 'The code of this session has been verified already.'),
    fix: 'Nothing is left to verify: go on to POST /auth/token.',
    howOften: 5,
  },
  {
    code: 'otp_not_pending',
    cause: 'code_of_another_step',
    means: 'The session waits for a code that another route takes: a reset, a new address.',
    shownIn: 'production',
    when: told('code_of_another_step', 'The code that this session waits for was asked for by another step.'),
    fix: ({ told: { fix } }) =>
      fix ??
      'Send the code to the step that asked for it: POST /auth/verify-otp, /auth/password/reset or /auth/email/confirm.',
    howOften: 2,
  },
  {
    code: 'otp_resend_too_soon',
    cause: 'asked_too_soon',
    means: 'Less time than OTP_RESEND_AFTER passed since the code was sent.',
    shownIn: 'production',
    when: ({ settings, told: { retryAfterSeconds } }) =>
      `A code is sent again after ${sayDuration(settings.otpResendAfterMs)} at the earliest, ${sayDuration((retryAfterSeconds ?? 0) * 1_000)} from now.`,
    fix: 'Wait for the seconds in Retry-After, then ask again; look into the spam folder meanwhile.',
    howOften: 5,
  },
  {
    code: 'mailed_code_invalid',
    cause: 'incomplete_code',
    means: 'A code from a mail has 25 letters and digits, and fewer or more came.',
    shownIn: 'production',
    when: ({ body }) =>
      body?.codeLength !== undefined && body.codeLength !== longCodeLength
        ? `The code that came has ${body.codeLength} letters and digits, and a whole one has ${longCodeLength}.`
        : undefined,
    fix: 'Copy the whole code of the mail, with or without its hyphens.',
    howOften: 3,
  },
  {
    code: 'mailed_code_invalid',
    cause: 'code_used_or_over',
    means: 'The code was used, has expired, is for another address, or a newer mail took its place.',
    shownIn: 'development',
    when: () =>
      'It has the form of such a code: probably it was used, has expired or is for another address.',
    fix: 'Send the whole code of the newest mail, with the address that the mail went to.',
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]

/** flow/code-of-challenge.ts */
const longCodeLength = 25
