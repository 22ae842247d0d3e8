import type { ProblemCode } from './catalogue.ts'

/** What belongs on the page of a code beside its meaning and its causes. */
export type Background = {
  /** What it is often taken for and never means. */
  never: string
  /** What somebody who tries to get in learns from it. */
  learns: string
  related: readonly ProblemCode[]
}

const nothingOfAccounts = 'Nothing: the answer is the same whether or not there is such an account.'
const onlyOwnRequest = 'Nothing beyond the own request.'

export const background: Record<ProblemCode, Background> = {
  invalid_request: {
    never: 'That the password or the code was compared: a body that does not fit costs no try.',
    learns: onlyOwnRequest,
    related: ['malformed_json', 'unsupported_media_type', 'otp_invalid'],
  },
  malformed_json: {
    never: 'That a member is wrong: nothing of the body was read.',
    learns: onlyOwnRequest,
    related: ['unsupported_media_type', 'invalid_request', 'payload_too_large'],
  },
  invalid_credentials: {
    never: 'That the address exists, or that it does not. It is also the answer for a disabled account.',
    learns: `${nothingOfAccounts} It takes the same time, too.`,
    related: ['rate_limited', 'otp_required'],
  },
  session_missing: {
    never: 'That the password was wrong, or that the login failed: only its cookie did not come back.',
    learns: 'Nothing: a guessed cookie and none get the same answer.',
    related: ['session_ended', 'otp_required', 'bearer_missing', 'cross_site_request'],
  },
  session_ended: {
    never: 'That somebody broke in. The reason is told to whoever has the cookie, and to nobody else.',
    learns: 'How a session ended whose cookie was stolen before; the cookie opens nothing any more.',
    related: ['session_missing', 'refresh_invalid', 'token_invalid'],
  },
  otp_required: {
    never: 'That the code was wrong: none has been sent for this session yet.',
    learns: 'Nothing that the right password has not told before.',
    related: ['otp_invalid', 'session_missing', 'otp_not_pending'],
  },
  otp_invalid: {
    never: 'That the password was wrong, or that the session is lost: the same session may try again.',
    learns: 'How many tries are left for this login, which are counted before codes are compared.',
    related: ['otp_expired', 'otp_attempts_exhausted', 'otp_locked', 'invalid_request'],
  },
  otp_expired: {
    never: 'That the code was wrong: it is not looked at after its time.',
    learns: 'Nothing: right and wrong codes get this answer.',
    related: ['otp_invalid', 'otp_resend_too_soon', 'otp_attempts_exhausted'],
  },
  otp_attempts_exhausted: {
    never: 'That the account is locked: a new login gets a new code.',
    learns: 'Nothing: the right code gets this answer too.',
    related: ['otp_invalid', 'otp_locked', 'otp_expired'],
  },
  otp_locked: {
    never: 'That the password was found out, or that the account is lost: it opens again by itself.',
    learns: 'That guessing has ended for a while, and that the owner was told.',
    related: ['otp_attempts_exhausted', 'rate_limited', 'otp_invalid'],
  },
  otp_not_pending: {
    never: 'That the code was wrong: there was none to compare with.',
    learns: onlyOwnRequest,
    related: ['otp_required', 'session_missing'],
  },
  otp_resend_too_soon: {
    never: 'That the first mail was lost: it can take a minute, and the next one brings the same code.',
    learns: onlyOwnRequest,
    related: ['rate_limited', 'otp_expired'],
  },
  bearer_missing: {
    never: 'That the token is wrong: none was found where it belongs.',
    learns: onlyOwnRequest,
    related: ['token_invalid', 'token_expired', 'session_missing'],
  },
  token_invalid: {
    never: 'That the token has expired: that is token_expired.',
    learns: 'Nothing of which check failed, outside development.',
    related: ['token_expired', 'bearer_missing', 'session_ended'],
  },
  token_expired: {
    never: 'That the session has ended: it gives a new token at once.',
    learns: 'That the token was genuine once.',
    related: ['token_invalid', 'refresh_invalid', 'session_ended'],
  },
  client_invalid: {
    never: 'That the token in the form is wrong: nobody has looked at it.',
    learns: 'Nothing: an unknown id and a wrong secret get the same answer, in the same time.',
    related: ['token_invalid', 'rate_limited', 'invalid_request'],
  },
  refresh_invalid: {
    never: 'That the password or the code is needed for more than one new login.',
    learns: 'Nothing: forged, expired and ended tokens get the same answer.',
    related: ['refresh_reused', 'token_expired', 'session_ended'],
  },
  refresh_reused: {
    never: 'Certainly that somebody stole the token: a client that kept an old one looks the same.',
    learns: 'That the stolen token is worth nothing any more, and that the owner was told.',
    related: ['refresh_invalid', 'session_ended'],
  },
  password_rejected: {
    never: 'That somebody else has this password: nobody compares them.',
    learns: 'Only the rules, which are published.',
    related: ['invalid_request', 'invalid_credentials'],
  },
  reauth_required: {
    never: 'That the session has ended: everything but this act goes on.',
    learns: 'That a stolen cookie alone does not do.',
    related: ['otp_required', 'otp_invalid'],
  },
  registration_closed: {
    never: 'That the address has an account, or has none.',
    learns: nothingOfAccounts,
    related: ['mailed_code_invalid', 'invalid_credentials'],
  },
  mailed_code_invalid: {
    never: 'That the account is lost: a new invitation or a reset of the password leads on.',
    learns: 'Nothing: used, expired and invented codes get the same answer.',
    related: ['registration_closed', 'otp_invalid', 'email_taken'],
  },
  email_taken: {
    never: 'An answer to a guess: it comes only to whoever reads the mails of the address.',
    learns: 'Nothing without the code from the mailbox of the address.',
    related: ['mailed_code_invalid', 'invalid_credentials'],
  },
  rate_limited: {
    never: 'That the account is locked, or that the last password was wrong.',
    learns: 'The size of the limit, which is published.',
    related: ['otp_locked', 'otp_resend_too_soon', 'service_unavailable'],
  },
  cross_site_request: {
    never: 'That CORS headers are missing: the server refused before it came to them.',
    learns: 'Nothing: the page cannot read the answer.',
    related: ['session_missing', 'wrong_method'],
  },
  unsupported_media_type: {
    never: 'That the JSON has a mistake: it was not looked at.',
    learns: onlyOwnRequest,
    related: ['malformed_json', 'payload_too_large'],
  },
  payload_too_large: {
    never: 'That a member is too long: the body as a whole is.',
    learns: onlyOwnRequest,
    related: ['invalid_request', 'malformed_json'],
  },
  not_found: {
    never: 'That the server is down: it answered.',
    learns: 'Nothing: what is of others and what does not exist get the same answer.',
    related: ['wrong_method', 'session_missing'],
  },
  wrong_method: {
    never: 'That the route is missing, although the status is 404.',
    learns: 'Only the methods, which are published.',
    related: ['not_found', 'cross_site_request'],
  },
  service_unavailable: {
    never: 'That the password, the code or the token was refused: it was not decided.',
    learns: 'Nothing: when in doubt nothing opens.',
    related: ['internal', 'rate_limited'],
  },
  internal: {
    never: 'That the request was wrong.',
    learns: 'Nothing: what happened is in the log and not in the answer.',
    related: ['service_unavailable'],
  },
}
