import type { GateEvent } from '../../flow/events.ts'

type Detail = Record<string, unknown>

export type EventWords = {
  /** What happened, in one sentence. */
  says: (detail: Detail) => string
  /** What it means to whoever looks into this flow. */
  means: string
  /** What to do, where there is something to do. */
  fix?: string
}

const loginRefusals: Record<string, string> = {
  unknown_address: 'no account has the address',
  wrong_password: 'the password was wrong',
  disabled: 'the account is disabled',
  locked: 'the codes of the account are locked',
  too_many_codes: 'too many codes were sent to the account within an hour',
  slowed_down: 'the address had too many wrong passwords in a row',
}

const codeRefusals: Record<string, string> = {
  wrong: 'it was wrong',
  expired: 'it had expired',
  exhausted: 'every try of this login was used up',
  consumed: 'it had been used already',
  locked: 'the codes of the account were locked',
}

const ends: Record<string, string> = {
  logged_out: 'its owner logged out',
  idle: 'it was not used for SESSION_IDLE_TTL',
  absolute: 'it reached SESSION_TTL',
  revoked: 'its owner ended it from another session',
  password_changed: 'the password was changed',
  replaced: 'the same browser logged in again',
  disabled: 'the account was disabled or deleted',
}

const lookAtUser =
  'sallyport user show <email> shows the account; sallyport user unlock <email> lifts every lock.'

/** Every entry of the audit trail in words. The compiler holds it against flow/events.ts. */
export const eventWords: Record<GateEvent['type'], EventWords> = {
  'login.accepted': {
    says: ({ trustedDevice }) =>
      trustedDevice === undefined
        ? 'The password was right; a code was put into the outbox.'
        : 'The password was right, and a trusted device took the place of the code.',
    means: 'The first door is open. Without a trusted device the session waits for its code.',
    fix: 'If no code arrived: look for mail.failed and mail.dropped in the log, and run sallyport doctor.',
  },
  'login.refused': {
    says: ({ why }) => `A login was refused: ${loginRefusals[String(why)] ?? String(why)}.`,
    means: 'The caller was told invalid_credentials or a lock, never which of these it was.',
    fix: lookAtUser,
  },
  'registration.asked': {
    says: ({ isTaken }) =>
      isTaken
        ? 'Somebody asked for an account at an address that has one.'
        : 'Somebody asked for an account.',
    means: 'The answer is the same for both; the owner of a taken address got a notice.',
  },
  'reset.asked': {
    says: () => 'Somebody asked for a new password.',
    means: 'A code went to the address if it has an account; the answer does not tell.',
  },
  'step_up.asked': {
    says: () => 'A verified session asked for one more code.',
    means: 'A sensitive act needs a code that is not older than STEP_UP_TTL.',
  },
  'email_change.asked': {
    says: () => 'A session asked for another address.',
    means: 'Nothing changes before the new address has verified its code.',
  },
  'password.refused': {
    says: () => 'A change of the password came with a wrong current one.',
    means: 'Somebody has the session and not the password. Many of these are worth a look.',
    fix: 'If it was not the owner: sallyport user disable <email>.',
  },
  'password.changed': {
    says: ({ by }) => `The password was changed, by ${by === 'change' ? 'its owner' : `a ${String(by)}`}.`,
    means: 'Every other session, refresh token and trusted device of the account has ended.',
  },
  'password.breach_check_failed': {
    says: () => 'The breach list did not answer within its second.',
    means: 'The bundled list decided alone.',
    fix: 'Let the server reach api.pwnedpasswords.com, or set BREACHED_PASSWORDS=off.',
  },
  'email.changed': {
    says: () => 'The address of the account was changed.',
    means: 'The old address got a code with which it can take the account back for 7 days.',
  },
  'email.change_undone': {
    says: () => 'The old address took the account back.',
    means: 'Everything that the account had open has ended: somebody else may have had it.',
    fix: 'Ask the owner to reset the password.',
  },
  'device.trusted': {
    says: () => 'The browser became a trusted device.',
    means: 'Its logins need the password alone for TRUSTED_DEVICE_TTL.',
  },
  'device.renamed': { says: () => 'A trusted device got a name.', means: 'Nothing else changed.' },
  'device.ended': { says: () => 'A trusted device was ended.', means: 'Its next login needs a code again.' },
  'code.resent': {
    says: () => 'The same code was sent again.',
    means: 'Its tries and its lifetime were not refilled.',
  },
  'code.accepted': {
    says: (detail) => `The code for a ${String(detail.for).replace('_', ' ')} was right.`,
    means: 'It is used up. A login goes on under a new session id.',
  },
  'code.refused': {
    says: ({ why, attemptsLeft }) =>
      `A code was refused: ${codeRefusals[String(why)] ?? String(why)}.${attemptsLeft === undefined ? '' : ` ${String(attemptsLeft)} tries were left.`}`,
    means: 'Most often it is the code of an older mail, or the request came without the cookie of its login.',
    fix: 'Use the newest mail and the client that logged in: sallyport explain otp_invalid names every cause.',
  },
  'code.locked': {
    says: ({ until }) => `Wrong codes locked the codes of the account until ${String(until)}.`,
    means:
      'Somebody with the password, or its owner in a hurry, guessed too often. The owner was told by mail.',
    fix: lookAtUser,
  },
  'token.issued': { says: () => 'An access token was issued.', means: 'The session was verified.' },
  'refresh.granted': {
    says: () => 'The session got a refresh token.',
    means: 'From now on it lives as long as that is used.',
  },
  'refresh.rotated': {
    says: ({ generation }) => `The refresh token was replaced (generation ${String(generation)}).`,
    means: 'The one before it is good for REFRESH_GRACE only.',
  },
  'refresh.repeated': {
    says: () => 'A refresh was repeated, and got the same answer again.',
    means:
      'The client lost an answer, or two of its tabs refreshed at once. That is what REFRESH_GRACE is for.',
  },
  'refresh.reused': {
    says: () => 'An old refresh token came back after REFRESH_GRACE: the session was ended.',
    means: 'Either somebody has a copy, or the client keeps an old token. The owner was told by mail.',
    fix: 'Let the client store the newest refresh token before it uses the access token beside it.',
  },
  'session.ended': {
    says: ({ because, client }) =>
      client === undefined
        ? `The session ended: ${ends[String(because)] ?? String(because)}.`
        : `The session ended: the service ${String(client)} revoked its token.`,
    means: 'Its cookie, its refresh token and its access tokens are refused from then on.',
  },
  'account.created': {
    says: ({ by }) => `An account was created, by ${String(by)}.`,
    means: 'It can log in.',
  },
  'account.invited': {
    says: ({ until }) => `An invitation was mailed; it is good until ${String(until)}.`,
    means: 'Only that mailbox can register with it.',
  },
  'account.claims_changed': {
    says: ({ names }) => `The claims of the account were changed; now it has: ${String(names) || 'none'}.`,
    means: 'Tokens with other claims are refused within a second.',
  },
  'account.disabled': { says: () => 'The account was disabled.', means: 'Everything of it has ended.' },
  'account.enabled': { says: () => 'The account was enabled again.', means: 'It can log in.' },
  'account.unlocked': {
    says: () => 'Every lock of the account was lifted.',
    means: 'Codes and passwords count from zero.',
  },
  'account.deleted': { says: () => 'The account was deleted.', means: 'Its audit entries stay.' },
  'key.rotated': { says: () => 'A new signing key was published.', means: 'It signs in some minutes.' },
  'key.revoked': {
    says: ({ kid }) => `The signing key ${String(kid)} was revoked.`,
    means: 'Every token that it signed is refused; sessions go on.',
  },
}
