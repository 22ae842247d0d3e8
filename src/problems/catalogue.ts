/** Every refusal that Sallyport gives, once: status, title, meaning and fix. docs/errors.md and the problem pages are made from it. */
export type CatalogueEntry = {
  status: number
  title: string
  /** What happened, for the problem page. */
  meaning: string
  /** What the caller should change, in one sentence. */
  fix: string
}

export const catalogue = {
  invalid_request: {
    status: 400,
    title: 'The request body does not fit its schema',
    meaning:
      'A field is missing, has the wrong type or is out of range. `errors` lists each one with its path.',
    fix: 'Correct the fields listed in errors and send the request again.',
  },
  malformed_json: {
    status: 400,
    title: 'The request body is not valid JSON',
    meaning:
      'The body could not be read as UTF-8 JSON: form data, single quotes, an empty body or nesting beyond the limit.',
    fix: 'Send a JSON object as the body, for example {"otp":"012345"}.',
  },
  invalid_credentials: {
    status: 401,
    title: 'E-mail or password is not right',
    meaning:
      'The address is unknown, the password is wrong, or the account cannot be used. The answer is the same for all of them, so that nobody can learn which addresses have an account.',
    fix: 'Check the address and the password, then log in again.',
  },
  session_missing: {
    status: 401,
    title: 'No session came with this request',
    meaning: 'There was no session cookie, or one that no session belongs to.',
    fix: 'Log in first and send the session cookie back: curl -c jar -b jar, fetch with credentials "include", or the same Postman tab.',
  },
  session_ended: {
    status: 401,
    title: 'This session has ended',
    meaning:
      'The session existed and has ended. `reason` says how: logged_out, idle, absolute, revoked, password_changed, replaced or disabled.',
    fix: 'Log in again.',
  },
  otp_required: {
    status: 403,
    title: 'The code has not been verified yet',
    meaning: 'The password was right, the one-time code is still to come.',
    fix: 'POST /auth/verify-otp with the code from the mail first (development: the server console or /_dev/inbox/latest).',
  },
  otp_invalid: {
    status: 401,
    title: 'That code is not right',
    meaning:
      'The code does not belong to this login. `attemptsLeft` says how many tries this login still has.',
    fix: 'Send the code of the newest mail as a string of digits, with its leading zeros, from the client that logged in.',
  },
  otp_expired: {
    status: 401,
    title: 'That code has expired',
    meaning: 'The code was not verified within its lifetime (OTP_TTL).',
    fix: 'Log in again to get a new code.',
  },
  otp_attempts_exhausted: {
    status: 401,
    title: 'Too many wrong codes: this login is over',
    meaning: 'All tries of this login were wrong (OTP_ATTEMPTS). A resend does not refill them.',
    fix: 'Log in again to get a new code.',
  },
  otp_locked: {
    status: 429,
    title: 'Too many wrong codes for this account',
    meaning:
      'Wrong codes are counted per account across all logins. The budget is spent, codes are refused for a while, and the owner was told by mail.',
    fix: 'Wait for the seconds in Retry-After; if the wrong codes were not yours, change your password.',
  },
  otp_not_pending: {
    status: 409,
    title: 'There is nothing to verify in this session',
    meaning: 'The session is already verified, or this login never asked for a code.',
    fix: 'Go on to POST /auth/token.',
  },
  otp_resend_too_soon: {
    status: 429,
    title: 'The code was sent a moment ago',
    meaning: 'A code can be sent again only after OTP_RESEND_AFTER. It will be the same code.',
    fix: 'Wait for the seconds in Retry-After, then ask again.',
  },
  bearer_missing: {
    status: 403,
    title: 'No access token came with this request',
    meaning:
      'The route needs the header Authorization: Bearer <accessToken>. The session cookie does not open it.',
    fix: 'Get a token with POST /auth/token and send it as Authorization: Bearer <accessToken>.',
  },
  token_invalid: {
    status: 401,
    title: 'The access token is not valid here',
    meaning:
      'The token is malformed, was not issued by this server, is of another type, or its session has ended.',
    fix: 'Get a new token with POST /auth/token and send it unchanged.',
  },
  token_expired: {
    status: 401,
    title: 'The access token has expired',
    meaning: 'Access tokens are short-lived (ACCESS_TOKEN_TTL).',
    fix: 'Get a new one with POST /auth/token, or with POST /auth/refresh.',
  },
  client_invalid: {
    status: 401,
    title: 'This service is not known here',
    meaning:
      'The route is for services that are registered in CLIENTS. The id is unknown, the secret is wrong, or neither came with the request.',
    fix: 'Send the id and the secret of an entry of CLIENTS by HTTP Basic, or as client_id and client_secret in the form.',
  },
  refresh_invalid: {
    status: 401,
    title: 'The refresh token is not valid',
    meaning: 'The token is malformed, expired, or its session has ended.',
    fix: 'Log in again.',
  },
  refresh_reused: {
    status: 401,
    title: 'An old refresh token came back',
    meaning:
      'A refresh token that had already been replaced was used after REFRESH_GRACE. Somebody may have copied it, so the whole session was ended and the owner told.',
    fix: 'Log in again, and always store the newest refresh token.',
  },
  password_rejected: {
    status: 422,
    title: 'That password can not be used',
    meaning: 'The password breaks a rule of the password policy. `reason` says which.',
    fix: 'Choose another password that follows the rule in reason.',
  },
  reauth_required: {
    status: 403,
    title: 'This needs a recent verification',
    meaning:
      'The act is sensitive, and this session has verified no code within STEP_UP_TTL. A login in a trusted device verifies none.',
    fix: 'POST /auth/step-up, then POST /auth/verify-otp with the code from the mail, then repeat the request.',
  },
  registration_closed: {
    status: 403,
    title: 'Nobody can register here without an invitation',
    meaning:
      'REGISTRATION is set to invite or closed. With invite, the code of an invitation mail belongs into the request as `invitation`.',
    fix: 'Ask whoever runs this server for an invitation, and send its code as invitation.',
  },
  mailed_code_invalid: {
    status: 401,
    title: 'This code from a mail is not good',
    meaning:
      'The code of an invitation, or the one that undoes a change of address, is not right, is for another address, was used or has expired.',
    fix: 'Send the whole code of the newest mail, with the address that the mail went to.',
  },
  email_taken: {
    status: 409,
    title: 'The address belongs to another account by now',
    meaning: 'Another account took the address between the request and its code.',
    fix: 'Choose another address, or log in to the account that has it.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    meaning: 'A limit was reached. The RateLimit and RateLimit-Policy headers name it.',
    fix: 'Wait for the seconds in Retry-After, then try again.',
  },
  cross_site_request: {
    status: 403,
    title: 'The request came from another site',
    meaning: 'A browser sent this request from a page of an origin that may not call here with cookies.',
    fix: 'Call from PUBLIC_URL, or add the exact origin of the page to CORS_ORIGINS.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not of the type that this route takes',
    meaning:
      'A body came with another Content-Type, with none, or compressed. All routes take JSON, but for those of RFC 7662 and RFC 7009, which take form data.',
    fix: 'Send the header Content-Type: application/json.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    meaning: 'No request here needs more than 16 kB.',
    fix: 'Send a body under 16 kB.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    meaning: 'No route has this path, or the thing that it names is not yours.',
    fix: 'Check the path; /openapi.json lists every route.',
  },
  wrong_method: {
    status: 404,
    title: 'The path is right, the method is not',
    meaning:
      'The path exists with another method; the Allow header lists which. A browser address bar always sends GET.',
    fix: 'Send the request with a method of the Allow header.',
  },
  service_unavailable: {
    status: 503,
    title: 'The server cannot answer this right now',
    meaning:
      'The store cannot be reached, or more logins arrive than can be checked. Nothing was changed, or the change can be repeated.',
    fix: 'Try again after the seconds in Retry-After.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    meaning:
      'A fault of the server, not of the request. The instance is the support code that finds it in the log.',
    fix: 'Report the instance to whoever runs this server.',
  },
} as const satisfies Record<string, CatalogueEntry>

export type ProblemCode = keyof typeof catalogue
