import { sayDuration } from '../../utils/duration.ts'
import type { CauseRow } from '../cause-row.ts'
import type { Facts } from '../facts.ts'
import { timeOfDay } from '../words.ts'

const endingFix: Record<string, string> = {
  replaced: 'Send the newest cookie that this server set, or log in again.',
  idle: 'Log in again; a client that is seldom used keeps its login with a refresh token.',
}

/** Why a session that came is not in the stage that is needed. */
export const stageCauses = [
  ...endings([
    ['logged_out', 4, 'was logged out', 'Somebody logged out in this browser.'],
    ['idle', 5, 'ended because it was not used for too long', 'Nothing was asked within SESSION_IDLE_TTL.'],
    ['absolute', 3, 'reached the end of its life', 'A session lives no longer than SESSION_TTL.'],
    [
      'revoked',
      2,
      'was ended from another device or by an operator',
      'Another session of the account ended it.',
    ],
    [
      'password_changed',
      2,
      'was signed out by a change of the password',
      'A new password ends the other sessions.',
    ],
    ['replaced', 4, 'went on under a new id', 'Each login and each verified code sets a new cookie.'],
    ['disabled', 1, 'ended because its account cannot be used', 'The account was disabled or deleted.'],
  ]),
  {
    code: 'otp_required',
    cause: 'reset_not_finished',
    means: 'The session belongs to a reset of the password and waits for its code.',
    shownIn: 'production',
    when: ({ session }) =>
      session.purpose === 'reset' ? 'This session waits for the code of a password reset.' : undefined,
    fix: 'POST /auth/password/reset with the code from the mail and the new password, then log in.',
    howOften: 1,
  },
  {
    code: 'otp_required',
    cause: 'skipped_step',
    means: 'The password was right, and the next step is the code of the mail.',
    shownIn: 'production',
    when: ({ session }) =>
      session.stage === 'otp_pending'
        ? 'This session waits for its code; the password alone opens nothing.'
        : undefined,
    fix: 'POST /auth/verify-otp with the code from the mail first (development: the server console or /_dev/inbox/latest).',
    howOften: 5,
  },
  {
    code: 'reauth_required',
    cause: 'code_too_old',
    means:
      'The last code of this session was verified longer ago than STEP_UP_TTL, or none was, as in a trusted device.',
    shownIn: 'production',
    when: ({ session, settings }) =>
      session.hasCode
        ? `The last code of this session was verified more than ${sayDuration(settings.stepUpTtlMs)} ago.`
        : 'This session has verified no code: it was opened in a trusted device.',
    fix: 'POST /auth/step-up, then POST /auth/verify-otp with the code from the mail, then repeat the request.',
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]

type Ending = readonly [cause: string, howOften: CauseRow['howOften'], how: string, means: string]

/** The reasons that a session keeps when it ends (stores/session-record.ts). */
function endings<const Rows extends readonly Ending[]>(rows: Rows) {
  return rows.map(([cause, howOften, how, means]) => ({
    code: 'session_ended' as const,
    cause: cause as Rows[number][0],
    means,
    shownIn: 'production' as const,
    when: ({ told, session }: Facts) =>
      told.reason === cause
        ? (told.detail ??
          `This session ${how}${session.endedAt === undefined ? '' : ` at ${timeOfDay(session.endedAt)}`}.`)
        : undefined,
    fix: endingFix[cause] ?? 'Log in again.',
    howOften,
  }))
}
