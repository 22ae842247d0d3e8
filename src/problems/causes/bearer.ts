import { alsoFor, type CauseRow, told } from '../cause-row.ts'
import type { Facts } from '../facts.ts'

const addHeader =
  'Add the header Authorization: Bearer <accessToken>. The session cookie does not open this route.'

/** No header, or one that holds no Bearer token. */
const missing = [
  {
    code: 'bearer_missing',
    cause: 'quotes',
    means: 'Quotes came with the header: they are part of no token.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.count > 0 && authorization.isQuoted
        ? 'The Authorization header holds quotes.'
        : undefined,
    fix: 'Send Authorization: Bearer <accessToken> without quotes; JSON.parse a token that you kept as JSON.',
    howOften: 2,
  },
  {
    code: 'bearer_missing',
    cause: 'empty_variable',
    means: 'Nothing stands after the word Bearer: the variable that should hold the token is empty.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.count > 0 && authorization.holds === 'nothing'
        ? 'The Authorization header ends where the token should begin: probably a variable is empty.'
        : undefined,
    fix: 'Fill the variable with the accessToken of the answer of POST /auth/token, in this shell or script.',
    howOften: 3,
  },
  {
    code: 'bearer_missing',
    cause: 'undefined_sent',
    means:
      'A variable without a value was sent: the word undefined, null or [object Object] stands where the token should.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.holds === 'literal'
        ? 'The word undefined, null or [object Object] stands where the token should: a variable had no value.'
        : undefined,
    fix: 'Wait for the answer of POST /auth/token and send its accessToken.',
    howOften: 4,
  },
  {
    code: 'bearer_missing',
    cause: 'placeholder_sent',
    means: 'The placeholder of an example was sent, such as <accessToken> or {{accessToken}}.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.holds === 'placeholder'
        ? 'A placeholder such as <accessToken> or {{accessToken}} stands where the token should.'
        : undefined,
    fix: 'Put the accessToken of the answer of POST /auth/token in its place; in Postman choose the environment that holds it.',
    howOften: 3,
  },
  {
    code: 'bearer_missing',
    cause: 'wrong_scheme',
    means:
      'Authorization has another scheme than Bearer, such as JWT, Token or Basic, or a token without one.',
    shownIn: 'production',
    when: ({ authorization: { scheme } }) => (scheme === undefined ? undefined : schemeEvidence[scheme]),
    fix: 'Write the word Bearer and one space before the token: Authorization: Bearer <accessToken>.',
    howOften: 3,
  },
  {
    code: 'bearer_missing',
    cause: 'in_query',
    means: 'The token stands in the address, where logs and histories keep it: it is not read there.',
    shownIn: 'production',
    when: ({ request, authorization }) =>
      authorization.count === 0 && request.hasTokenInQuery
        ? 'A token stands in the query of the address, and there is no Authorization header.'
        : undefined,
    fix: 'Send the token as the header Authorization: Bearer <accessToken>, and get a new one: addresses are logged.',
    howOften: 1,
  },
  {
    code: 'bearer_missing',
    cause: 'in_body',
    means: 'The token stands in the body: it is not read there.',
    shownIn: 'production',
    when: ({ request, authorization, body }) => {
      if (authorization.count > 0) return undefined
      if (body?.hasToken) return 'The body holds a token, and there is no Authorization header.'
      return request.hasBody && (request.method === 'GET' || request.method === 'HEAD')
        ? 'This request has a body and no Authorization header: probably the token is in the body.'
        : undefined
    },
    fix: 'Send the token as the header Authorization: Bearer <accessToken>.',
    howOften: 2,
  },
  {
    code: 'bearer_missing',
    cause: 'cookie_only',
    means: 'The session cookie came and no token. A cookie opens POST /auth/token, not this route.',
    shownIn: 'production',
    when: ({ authorization, cookie }) =>
      authorization.count === 0 && (cookie.verdict === 'ok' || cookie.verdict === 'unread')
        ? 'The session cookie came with this request, and no Authorization header.'
        : undefined,
    fix: 'Get a token with POST /auth/token and send it as Authorization: Bearer <accessToken>.',
    howOften: 4,
  },
  {
    code: 'bearer_missing',
    cause: 'no_header',
    means: 'The request has no Authorization header.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.count === 0 ? 'This request carried no Authorization header.' : undefined,
    fix: addHeader,
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]

const schemeEvidence: Record<NonNullable<Facts['authorization']['scheme']>, string | undefined> = {
  Bearer: undefined,
  none: 'The Authorization header holds a token without the word Bearer before it.',
  other: 'The Authorization header has another scheme than Bearer, or not one token after it.',
  Basic: 'The Authorization header has the scheme Basic.',
  Digest: 'The Authorization header has the scheme Digest.',
  JWT: 'The Authorization header has the scheme JWT.',
  Token: 'The Authorization header has the scheme Token.',
}

/** One Bearer token came, and what stands there is none. The header alone shows it. */
const noToken = [
  {
    code: 'token_invalid',
    cause: 'repeated_header',
    means: 'More than one Authorization header came, and nobody can say which counts.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.count > 1 ? 'More than one Authorization header came with this request.' : undefined,
    fix: 'Send one Authorization header; look for a proxy or an interceptor that adds a second.',
    howOften: 1,
  },
  ...alsoFor('token_invalid', missing),
  {
    code: 'token_invalid',
    cause: 'otp_or_session_id_sent',
    means: 'The code of the mail, the sessionId or the session cookie was sent as the token.',
    shownIn: 'production',
    when: ({ authorization: { holds } }) =>
      holds === 'digits' || holds === 'session_id' || holds === 'cookie' ? sentInstead[holds] : undefined,
    fix: 'POST /auth/verify-otp takes the code, POST /auth/token then gives the accessToken that belongs here.',
    howOften: 3,
  },
  {
    code: 'token_invalid',
    cause: 'refresh_token_sent',
    means: 'The refresh token was sent where the access token belongs.',
    shownIn: 'production',
    when: ({ authorization }) =>
      authorization.holds === 'refresh_token'
        ? 'A refresh token (srt_...) stands where the access token should.'
        : undefined,
    fix: 'Send the accessToken; the refreshToken goes into the body of POST /auth/refresh and nowhere else.',
    howOften: 2,
  },
  {
    code: 'token_invalid',
    cause: 'session_over',
    means: 'The token is genuine, and its session has ended: a logout ends its tokens within a second.',
    shownIn: 'production',
    when: told('session_over', 'The session of this token has ended.'),
    fix: 'Log in again.',
    howOften: 4,
  },
  {
    code: 'token_invalid',
    cause: 'claims_changed',
    means: 'The token is genuine, and it says something of the account that is no longer so.',
    shownIn: 'production',
    when: told('claims_changed', 'The claims of the account have changed since this token was issued.'),
    fix: 'Get a new token with POST /auth/token.',
    howOften: 1,
  },
  {
    code: 'token_invalid',
    cause: 'key_revoked',
    means: 'The key that signed the token was revoked, and every token of it with it. Sessions go on.',
    shownIn: 'production',
    when: told('key_revoked', 'The key that signed this token was revoked.'),
    fix: 'Get a new token with POST /auth/token; the session is still good.',
    howOften: 1,
  },
] as const satisfies readonly CauseRow[]

const sentInstead = {
  digits: 'A few digits stand where the token should: probably the code of the mail.',
  session_id: 'A sessionId stands where the token should.',
  cookie: 'The value of a session cookie stands where the token should.',
}

/** Why no access token came, or something else in its place. */
export const bearerCauses = [...missing, ...noToken]
