import type { GateEvent } from '../src/flow/events.ts'
import { limits } from '../src/routes/limits.ts'
import { formatDuration } from '../src/utils/duration.ts'

/** The table of limits in docs/operations.md: the numbers are those of src/routes/limits.ts. */
export function renderLimits(): string {
  const rows = Object.entries(limits).map(([key, { rule }]) => {
    const { name, points, windowSeconds } = rule
    return `| \`${name}\` | ${points} | ${formatDuration(windowSeconds * 1_000)} | ${counts[key as keyof typeof limits]} |`
  })
  return ['| Limit | At most | In | Counts |', '|---|---|---|---|', ...rows].join('\n')
}

const counts: Record<keyof typeof limits, string> = {
  login: 'wrong logins',
  loginOfAccount: 'wrong logins for one e-mail address, known or not',
  verifyOtp: 'wrong codes',
  resend: 'resends',
  token: 'exchanges of a session for a token',
  refresh: 'refused refreshes',
}

/** The table of events in docs/operations.md. The compiler holds it against src/flow/events.ts. */
export function renderEvents(): string {
  const rows = Object.entries({ ...events, ...loggedOnly }).map(
    ([type, meaning]) => `| \`${type}\` | ${meaning} |`,
  )
  return ['| Event | Tells |', '|---|---|', ...rows].join('\n')
}

const events: Record<GateEvent['type'], string> = {
  'login.accepted': 'a right password opened a session and sent a code',
  'login.refused':
    'a login was refused; `why`: unknown_address, wrong_password, disabled, locked, too_many_codes',
  'code.resent': 'the same code was sent again',
  'code.accepted': 'a code was verified; `newSession` is the session that goes on',
  'code.refused':
    'a code was refused; `why`: wrong, expired, exhausted, consumed, locked; `attemptsLeft` where it was wrong',
  'code.locked': 'wrong codes locked the codes of the account `until` then; its owner gets a mail',
  'token.issued': 'an access token was issued; log only',
  'refresh.granted': 'a session got its refresh token',
  'refresh.rotated': 'a refresh token was exchanged for its successor, `generation`',
  'refresh.repeated': 'the same successor was given again within `REFRESH_GRACE`',
  'refresh.reused': 'an old refresh token came back: the session was ended, its owner gets a mail',
  'session.ended': 'a session ended; `because` says how',
  'account.created': '`by` a command, or by a development server',
  'account.disabled': 'by a command; every session of it ended',
  'account.enabled': 'by a command',
  'account.unlocked': 'by a command',
  'account.deleted': 'by a command; its entries stay',
  'key.rotated': 'a new signing key was published, by a command or by itself; audit trail only; `kid`',
}

const loggedOnly = {
  'mail.sent': 'log only; `kind` and `attempt`',
  'mail.failed': 'log only; it will be tried again; `error` says why',
  'mail.dropped': 'log only; it expired or was refused for good',
  'request.refused': 'log only; a refusal with its `code`, `status` and, where it is known, `cause`',
  'setting.warning': 'log only, at the start; a setting that is allowed and should not stay so',
  'server.ready': 'log only, at the start; version, address and store',
  fault: 'log only; something that no caller is to blame for, `where` and `reason`',
}
