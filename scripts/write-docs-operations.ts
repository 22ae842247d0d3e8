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
  login: 'wrong logins from one network',
  loginOfWideNetwork: 'wrong logins from one wide network (/24, IPv6 /48)',
  loginSpread: 'different e-mail addresses that were tried in vain from one network',
  loginOfAccount: 'wrong logins for one e-mail address, known or not, from one network',
  loginOfBrowser: 'wrong logins for one e-mail address from a browser that has logged in to it before',
  loginTrusted: 'logins in one trusted device, right ones too',
  verifyOtp: 'wrong codes from one network',
  resend: 'resends and step-ups from one network',
  mail: 'registrations, forgotten passwords and changes of address from one network',
  mailOfWideNetwork: 'the same from one wide network',
  mailOfAddress: 'the same to one e-mail address, from one network',
  passwordChange: 'changes of the password of one account',
  currentPassword: 'wrong current passwords of one account',
  mailedCode: 'wrong codes that undo a change of address, from one network',
  deviceName: 'names given to trusted devices, from one network',
  export: 'exports of one account',
  token: 'exchanges of a session for a token, from one network',
  refresh: 'refused refreshes from one network',
  client: 'wrong client secrets from one network; the right one is always let in',
  clientId: 'the same for one client id, from everywhere',
}

/** The table of events in docs/operations.md. The compiler holds it against src/flow/events.ts. */
export function renderEvents(): string {
  const rows = Object.entries({ ...events, ...loggedOnly }).map(
    ([type, meaning]) => `| \`${type}\` | ${meaning} |`,
  )
  return ['| Event | Tells |', '|---|---|', ...rows].join('\n')
}

const events: Record<GateEvent['type'], string> = {
  'login.accepted':
    'a right password opened a session and sent a code, or found a `trustedDevice` and sent none',
  'login.refused':
    'a login was refused; `why`: unknown_address, wrong_password, disabled, locked, too_many_codes, slowed_down',
  'registration.asked':
    'somebody asked for an account; `isTaken`: the address has one, its owner got a notice',
  'reset.asked': 'somebody forgot a password; without an account the address got nothing',
  'step_up.asked': 'a verified session asked for one more code',
  'password.changed':
    '`by` its owner, a reset, or a later registration of the same mailbox; all that the old one opened has ended',
  'password.refused': 'a change of the password came with a wrong current one',
  'password.breach_check_failed':
    'log only; the breach list did not answer within its second, the bundled list decided alone',
  'email_change.asked': 'a session asked for another address',
  'email.changed': 'the new address was verified; the old one got a code that undoes it',
  'email.change_undone': 'the old address took the account back; everything of it has ended',
  'device.trusted': 'a browser may skip the code from now on; `deviceId`',
  'device.renamed': 'a trusted device got a name',
  'device.ended': 'a trusted device needs codes again',
  'code.resent': 'the same code was sent again',
  'code.accepted':
    'a code was verified, `for` what it was asked for; `newSession` is the session that goes on',
  'code.refused':
    'a code was refused; `why`: wrong, expired, exhausted, consumed, locked; `attemptsLeft` where it was wrong',
  'code.locked': 'wrong codes locked the codes of the account `until` then; its owner gets a mail',
  'token.issued': 'an access token was issued; log only',
  'refresh.granted': 'a session got its refresh token',
  'refresh.rotated': 'a refresh token was exchanged for its successor, `generation`',
  'refresh.repeated': 'the same successor was given again within `REFRESH_GRACE`',
  'refresh.reused': 'an old refresh token came back: the session was ended, its owner gets a mail',
  'session.ended': 'a session ended; `because` says how, `client` which service revoked a token of it',
  'account.created': '`by` a registration, a command, an import, or a development server',
  'account.invited': 'by a command; the code is good `until` then',
  'account.claims_changed': 'by a command; `names` are the claims from now on',
  'account.disabled': 'by a command; every session of it ended',
  'account.enabled': 'by a command',
  'account.unlocked': 'by a command',
  'account.deleted': 'by its owner or a command; its entries stay',
  'key.rotated': 'a new signing key was published, by a command or by itself; audit trail only; `kid`',
  'key.revoked': 'a command revoked a signing key; its tokens are refused; audit trail only; `kid`',
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
