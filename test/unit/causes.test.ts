/** The cause engine: facts in, cause, evidence and fix out. One test for each row of the table. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue, type ProblemCode } from '../../src/problems/catalogue.ts'
import { type Cause, causeNames, causes, causesOf, explain, fixOf } from '../../src/problems/causes.ts'
import type { Facts } from '../../src/problems/facts.ts'
import { noFacts } from '../../src/problems/no-facts.ts'
import { traceOf } from '../../src/problems/trace.ts'
import { limits } from '../../src/routes/limits.ts'
import { bodyWith, type FactsOf, factsOf } from '../support/facts.ts'

const now = Date.UTC(2026, 0, 1, 10, 41)
const publicUrl = 'http://localhost:5000'
const settings = { publicUrl, audience: publicUrl }
const token = {
  parts: 3,
  isReadable: true,
  algorithm: 'ES256',
  type: 'at+jwt',
  issuer: publicUrl,
  audience: publicUrl,
  keyAlgorithm: 'ES256',
  ourAlgorithm: 'ES256',
  issuedAt: now / 1_000 - 342,
  expiresAt: now / 1_000 - 42,
}
const recalled = {
  runningForSeconds: 90,
  given: { secondsAgo: 12, host: 'localhost' },
  wasGivenHere: true,
  isCookieKnown: false,
  codeOf: undefined,
  openedAt: now - 60_000,
  reuse: undefined,
}
const bearer = (holds: Facts['authorization']['holds']) => ({
  count: 1,
  scheme: 'Bearer' as const,
  isQuoted: false,
  holds,
})
const origin = { text: 'http://localhost:5173', isOwn: false, isListed: false }

type Row = [code: ProblemCode, cause: Cause, facts: FactsOf, evidence: RegExp, fix?: RegExp]

/** Told by the guard or step that refuses. */
const told = (code: ProblemCode, cause: Cause): Row => [code, cause, { told: { cause } }, /^[A-Z].*\.$/]

const rows: Row[] = [
  [
    'session_missing',
    'duplicate_cookie',
    { cookie: { verdict: 'duplicate' } },
    /^Two cookies named sallyport\.sid/,
  ],
  [
    'session_missing',
    'unsigned_cookie',
    { cookie: { verdict: 'unsigned' } },
    /not one that this server sets/,
  ],
  [
    'session_missing',
    'bad_signature',
    { cookie: { verdict: 'bad_signature' } },
    /no SESSION_SECRET verifies it: probably/,
    /SESSION_SECRET=NEW,OLD/,
  ],
  [
    'session_missing',
    'store_was_reset',
    { cookie: { verdict: 'unknown' }, recalled },
    /runs for 1 min 30 s .* probably the store was emptied/,
  ],
  [
    'session_missing',
    'forgotten_session',
    { cookie: { verdict: 'unknown' } },
    /no session belongs to it any more/,
  ],
  ['session_missing', 'other_cookie_name', { cookie: { hasOtherName: true } }, /probably PUBLIC_URL changed/],
  [
    'session_missing',
    'other_host',
    { request: { host: '127.0.0.1' }, recalled: { ...recalled, wasGivenHere: false } },
    /^You logged in at localhost 12 s ago and call 127\.0\.0\.1: two cookie jars\.$/,
    /^Use one name for all requests: localhost\.$/,
  ],
  [
    'session_missing',
    'secure_on_http',
    { settings: { publicUrl: 'https://id.example.test' } },
    /the cookie is Secure/,
    /^Open https:\/\/id\.example\.test/,
  ],
  ['session_missing', 'cross_site_lax', { request: { site: 'cross-site' } }, /Sec-Fetch-Site: cross-site/],
  [
    'session_missing',
    'cors_without_credentials',
    { request: { origin: { ...origin, isListed: true } } },
    /^The page of http:\/\/localhost:5173 may call here/,
    /credentials: 'include'/,
  ],
  [
    'session_missing',
    'cookie_not_sent',
    {},
    /^This request carried no Cookie header\.$/,
    /curl -c jar -b jar/,
  ],
  [
    'session_missing',
    'cookie_not_sent',
    { recalled },
    /^The answer of 12 s ago set the cookie sallyport\.sid; this request carried no Cookie header\.$/,
  ],
  [
    'session_missing',
    'cookie_not_sent',
    { cookie: { hasHeader: true } },
    /other cookies, and no sallyport\.sid/,
  ],
  ...(['logged_out', 'idle', 'absolute', 'revoked', 'password_changed', 'replaced', 'disabled'] as const).map(
    (reason): Row => [
      'session_ended',
      reason,
      { told: { reason }, session: { stage: 'ended', endedAt: now } },
      /at 10:41:00 UTC\.$/,
    ],
  ),
  [
    'otp_required',
    'reset_not_finished',
    { session: { stage: 'otp_pending', purpose: 'reset' } },
    /password reset/,
    /\/auth\/password\/reset/,
  ],
  [
    'otp_required',
    'skipped_step',
    { session: { stage: 'otp_pending', purpose: 'login' } },
    /waits for its code/,
    /^POST \/auth\/verify-otp/,
  ],
  [
    'reauth_required',
    'code_too_old',
    { session: { stage: 'verified', hasCode: true } },
    /more than 10 min ago/,
  ],
  ['reauth_required', 'code_too_old', { session: { stage: 'verified' } }, /opened in a trusted device/],
  ...(['bearer_missing', 'token_invalid'] as const).flatMap((code): Row[] => [
    [code, 'quotes', { authorization: { count: 1, scheme: 'other', isQuoted: true } }, /holds quotes/],
    [
      code,
      'empty_variable',
      { authorization: { count: 1, scheme: 'other', holds: 'nothing' } },
      /probably a variable is empty/,
    ],
    [code, 'undefined_sent', { authorization: bearer('literal') }, /a variable had no value/],
    [code, 'placeholder_sent', { authorization: bearer('placeholder') }, /^A placeholder/],
    [
      code,
      'wrong_scheme',
      { authorization: { count: 1, scheme: 'JWT', holds: 'jwt' } },
      /has the scheme JWT/,
    ],
    [
      code,
      'wrong_scheme',
      { authorization: { count: 1, scheme: 'none', holds: 'jwt' } },
      /without the word Bearer/,
    ],
    [code, 'in_query', { request: { hasTokenInQuery: true } }, /in the query/],
    [code, 'in_body', { request: { hasBody: true } }, /probably the token is in the body/],
    [
      code,
      'in_body',
      { request: { method: 'DELETE' }, body: bodyWith({ hasToken: true }) },
      /^The body holds a token/,
    ],
    [
      code,
      'cookie_only',
      { cookie: { verdict: 'unread' } },
      /^The session cookie came/,
      /POST \/auth\/token/,
    ],
    [code, 'no_header', {}, /no Authorization header/, /Authorization: Bearer/],
  ]),
  ['token_invalid', 'repeated_header', { authorization: { ...bearer('jwt'), count: 2 } }, /More than one/],
  [
    'token_invalid',
    'otp_or_session_id_sent',
    { authorization: bearer('digits') },
    /probably the code of the mail/,
  ],
  ['token_invalid', 'otp_or_session_id_sent', { authorization: bearer('session_id') }, /^A sessionId/],
  ['token_invalid', 'otp_or_session_id_sent', { authorization: bearer('cookie') }, /session cookie/],
  ['token_invalid', 'refresh_token_sent', { authorization: bearer('refresh_token') }, /^A refresh token/],
  told('token_invalid', 'session_over'),
  told('token_invalid', 'claims_changed'),
  told('token_invalid', 'key_revoked'),
  ['token_invalid', 'cut_off', { token: { ...token, parts: 2 } }, /has 2 parts/],
  ['token_invalid', 'cut_off', { token: { ...token, isReadable: false } }, /not JSON in base64url/],
  ['token_invalid', 'cut_off', { authorization: bearer('other') }, /is no JWT/],
  [
    'token_invalid',
    'wrong_issuer',
    { token: { ...token, issuer: 'http://localhost:5001' } },
    /^This token says that http:\/\/localhost:5001 issued it; this server is http:\/\/localhost:5000\.$/,
    /from http:\/\/localhost:5000/,
  ],
  [
    'token_invalid',
    'wrong_audience',
    { token: { ...token, audience: 'shop' } },
    /is for shop; this server accepts/,
  ],
  ['token_invalid', 'wrong_type', { token: { ...token, type: 'JWT' } }, /typ JWT/],
  [
    'token_invalid',
    'hs256_vs_es256',
    { token: { ...token, algorithm: 'HS256', keyAlgorithm: undefined } },
    /signed with HS256, the keys of this server are ES256/,
  ],
  [
    'token_invalid',
    'unknown_kid',
    { token: { ...token, keyAlgorithm: undefined } },
    /not of this server: probably/,
  ],
  [
    'token_invalid',
    'clock',
    { token: { ...token, issuedAt: now / 1_000 + 300 } },
    /issued 5 min in the future/,
  ],
  ['token_invalid', 'altered', { token }, /probably its signature does not/],
  [
    'token_expired',
    'expired',
    { token },
    /^The token expired 42 s ago; tokens live 5 min\.$/,
    /^POST \/auth\/token/,
  ],
  told('client_invalid', 'no_clients'),
  told('client_invalid', 'no_client_secret'),
  told('client_invalid', 'unreadable_basic'),
  ['client_invalid', 'wrong_client_secret', {}, /^No entry of CLIENTS/, /letter by letter/],
  told('unsupported_media_type', 'form_wanted'),
  ['refresh_invalid', 'access_token_sent', { body: bodyWith({ refreshToken: 'jwt' }) }, /holds a JWT/],
  ['invalid_request', 'access_token_sent', { body: bodyWith({ refreshToken: 'jwt' }) }, /holds a JWT/],
  [
    'refresh_invalid',
    'no_refresh_token',
    { body: bodyWith({ refreshToken: 'other' }) },
    /does not begin with srt_/,
  ],
  ['refresh_invalid', 'refresh_over', { body: bodyWith({ refreshToken: 'refresh' }) }, /probably/],
  [
    'refresh_reused',
    'two_clients',
    { recalled: { ...recalled, reuse: { isOtherClient: true, secondsSinceRotation: 31 } } },
    /^Another client replaced this token 31 s ago; the grace is 30 s\.$/,
  ],
  ['refresh_reused', 'replay', {}, /after the grace of 30 s/, /^Store the newest refresh token/],
  [
    'otp_invalid',
    'older_code',
    { recalled: { ...recalled, codeOf: { whose: 'older', openedAt: now - 180_000 } } },
    /^That code belongs to the login of 10:38:00 UTC; this session waits for the one sent at 10:40:00 UTC\.$/,
  ],
  [
    'otp_invalid',
    'other_login',
    { recalled: { ...recalled, codeOf: { whose: 'other', openedAt: now - 180_000 } } },
    /another login, of 10:38:00 UTC/,
  ],
  ['otp_invalid', 'typo', { recalled }, /probably a digit was mistyped/],
  ['otp_expired', 'waited_too_long', {}, /good for 10 min/],
  ['otp_attempts_exhausted', 'wrong_codes', {}, /All tries/],
  ['otp_locked', 'wrong_codes_of_account', { told: { retryAfterSeconds: 900 } }, /in 15 min/],
  told('otp_not_pending', 'already_verified'),
  [
    'otp_not_pending',
    'code_of_another_step',
    { told: { cause: 'code_of_another_step', fix: 'Send it to X.' } },
    /another step/,
    /^Send it to X\.$/,
  ],
  ['otp_resend_too_soon', 'asked_too_soon', { told: { retryAfterSeconds: 18 } }, /18 s from now/],
  [
    'mailed_code_invalid',
    'incomplete_code',
    { body: bodyWith({ codeLength: 10 }) },
    /has 10 letters and digits, and a whole one has 25/,
  ],
  [
    'mailed_code_invalid',
    'code_used_or_over',
    { body: bodyWith({ codeLength: 25 }) },
    /probably it was used/,
  ],
  told('malformed_json', 'empty'),
  told('malformed_json', 'bad_utf8'),
  told('malformed_json', 'too_complex'),
  ...(
    [
      ['form_body', 'form'],
      ['single_quotes', 'single_quotes'],
      ['bare_names', 'bare_names'],
      ['trailing_comma', 'trailing_comma'],
      ['cut_off', 'cut_off'],
      ['markup', 'markup'],
      ['not_stringified', 'object_text'],
      ['not_json', 'other'],
    ] as const
  ).map(
    ([cause, looksLike]): Row => [
      'malformed_json',
      cause,
      { body: bodyWith({ kind: 'unreadable', looksLike }) },
      /^The |^A comma/,
    ],
  ),
  [
    'unsupported_media_type',
    'compressed',
    { request: { isCompressed: true, contentType: 'json' } },
    /compressed/,
  ],
  ['unsupported_media_type', 'form_body', { request: { contentType: 'form' } }, /form data/, /raw, JSON/],
  ['unsupported_media_type', 'no_content_type', {}, /without a Content-Type/],
  ['unsupported_media_type', 'other_charset', { request: { contentType: 'json' } }, /another charset/],
  [
    'unsupported_media_type',
    'other_content_type',
    { request: { contentType: 'text' } },
    /what fetch sends for a string/,
  ],
  [
    'unsupported_media_type',
    'other_content_type',
    { request: { contentType: 'other' } },
    /of another type than JSON/,
  ],
  ['payload_too_large', 'over_16_kb', { request: { length: 20_000 } }, /is 20000 bytes/],
  [
    'invalid_request',
    'encoded_twice',
    { body: bodyWith({ kind: 'string' }) },
    /probably it was encoded twice/,
  ],
  ['invalid_request', 'not_an_object', { body: bodyWith({ kind: 'array' }) }, /of the kind array/],
  [
    'invalid_request',
    'lost_zero',
    { told: { fields: ['otp'] }, body: bodyWith({ members: { otp: 'number' } }) },
    /came as a number/,
    /as a string/,
  ],
  [
    'invalid_request',
    'lost_zero',
    { told: { fields: ['otp'] }, body: bodyWith({ members: { otp: 'string' }, otpDigits: 5 }) },
    /has 5 digits, the code has 6: probably/,
  ],
  [
    'invalid_request',
    'other_name',
    { told: { fields: ['otp'] }, body: bodyWith({ misnamed: [{ sent: 'code', meant: 'otp' }] }) },
    /a member code and none named otp/,
    /^Name it otp\.$/,
  ],
  [
    'invalid_request',
    'missing_member',
    { told: { fields: ['email', 'password'] }, body: bodyWith({ members: { email: 'string' } }) },
    /^The body has no password\.$/,
  ],
  [
    'invalid_request',
    'wrong_kind',
    { told: { fields: ['email'] }, body: bodyWith({ members: { email: 'number' } }) },
    /^email is of the kind number\.$/,
  ],
  [
    'invalid_request',
    'out_of_rule',
    { told: { fields: ['email'] }, body: bodyWith({ members: { email: 'string' } }) },
    /value of email breaks a rule/,
  ],
  [
    'wrong_method',
    'get_instead_of_post',
    { route: { methods: ['POST'] } },
    /^GET is not a method of this path; it has POST\.$/,
    /^Send POST, not GET/,
  ],
  [
    'wrong_method',
    'origin_of_preflight_not_listed',
    { request: { method: 'OPTIONS', isPreflight: true, origin } },
    /from http:\/\/localhost:5173, which is not in CORS_ORIGINS/,
  ],
  [
    'wrong_method',
    'other_method',
    { request: { method: 'PUT' }, route: { methods: ['POST'] } },
    /^PUT is not a method/,
    /^Send POST\.$/,
  ],
  ['not_found', 'no_such_thing', { route: { isKnown: true } }, /one of ours/],
  [
    'not_found',
    'near_miss',
    { route: { nearest: { method: 'POST', path: '/auth/login', because: 'prefix', asked: '/login' } } },
    /^There is no \/login: .* Did you mean POST \/auth\/login\?$/,
    /^Send POST \/auth\/login\.$/,
  ],
  ['not_found', 'unknown_path', {}, /No route/],
  ['cross_site_request', 'null_origin', { request: { origin: { ...origin, text: 'null' } } }, /Origin: null/],
  [
    'cross_site_request',
    'origin_not_listed',
    { request: { origin } },
    /is of http:\/\/localhost:5173; this server is http:\/\/localhost:5000/,
    /^Add http:\/\/localhost:5173 to CORS_ORIGINS/,
  ],
  [
    'cross_site_request',
    'site_without_origin',
    { request: { site: 'same-site' } },
    /Sec-Fetch-Site: same-site/,
  ],
  told('service_unavailable', 'store_away'),
  ['service_unavailable', 'not_ready', { told: { failing: ['store'] } }, /Without an answer: store\./],
  told('service_unavailable', 'passwords_waiting'),
  told('service_unavailable', 'too_slow'),
  ['internal', 'fault', {}, /nobody expected/],
  told('invalid_credentials', 'wrong_current_password'),
  ['invalid_credentials', 'address_or_password', {}, /told to nobody/],
  told('registration_closed', 'invitation_missing'),
  told('registration_closed', 'closed'),
  ['email_taken', 'taken_meanwhile', {}, /between the request and its code/],
  ...causesOf('password_rejected').map(
    ({ cause, means }): Row => [
      'password_rejected',
      cause,
      { told: { reason: cause } },
      new RegExp(`^${means}$`),
    ],
  ),
  ...causesOf('rate_limited').map(
    ({ cause }): Row => [
      'rate_limited',
      cause,
      { told: { cause, detail: 'Try again in 38 s.' } },
      / are limited\. Try again in 38 s\.$/,
    ],
  ),
]

/** What people send in place of a token is named. */
const literals = /undefined, null or \[object Object\]/g
const nameOf = ({ code, cause }: { code: string; cause: string }) => `${code}: ${cause}`
const withFacts = (facts: FactsOf) => factsOf({ now, settings, ...sentWith(facts), ...facts })

/** A token that was read came in a header. */
function sentWith({ token, told }: FactsOf): FactsOf {
  const came =
    token !== undefined || ['session_over', 'claims_changed', 'key_revoked'].includes(told?.cause ?? '')
  return came ? { authorization: bearer('jwt') } : {}
}

describe('the cause table', () => {
  for (const [code, cause, facts, evidence, fix = /^[A-Z].{6,}\.$/] of rows) {
    it(`${code}: ${cause}, ${evidence.source}`, () => {
      const explanation = explain(code, withFacts(facts), 'development')

      assert.equal(explanation?.cause, cause)
      assert.match(explanation.evidence, evidence)
      assert.match(explanation.fix, fix)
    })
  }

  it('has each row once, and each row a test here', () => {
    const names = causes.map(nameOf)
    assert.equal(new Set(names).size, names.length)
    const tested = new Set(rows.map(([code, cause]) => nameOf({ code, cause })))
    assert.deepEqual(
      names.filter((name) => !tested.has(name)),
      [],
    )
  })

  it('covers every code of the catalogue', () => {
    for (const code of Object.keys(catalogue)) assert.ok(causesOf(code as ProblemCode).length > 0, code)
  })

  it('has a row for every limit of a route', () => {
    const known = new Set<string>(causesOf('rate_limited').map(({ cause }) => cause))
    assert.deepEqual(
      Object.values(limits).filter(({ rule }) => !known.has(rule.name)),
      [],
    )
  })

  it('speaks in whole sentences, with a fix for whoever knows nothing yet', () => {
    for (const row of causes) {
      assert.match(row.cause, /^[a-z][a-z0-9_-]+$/)
      assert.match(row.means, /^[A-Z`/].*[.]$/, nameOf(row))
      assert.match(fixOf(row), /^[A-Z].*[.]$/, nameOf(row))
      const text = `${row.means} ${fixOf(row)}`.replace(literals, '')
      assert.doesNotMatch(text, /contact support|undefined/i, nameOf(row))
    }
  })
})

describe('the cause engine', () => {
  it('shows in production no row of development, whatever the facts', () => {
    const open = new Set(causes.filter(({ shownIn }) => shownIn === 'production').map(nameOf))
    for (const facts of [...rows.map(([, , given]) => withFacts(given)), ...randomFacts(500)]) {
      for (const code of Object.keys(catalogue) as ProblemCode[]) {
        const shown = explain(code, facts, 'production')
        assert.ok(!shown || open.has(nameOf({ code, cause: shown.cause })), `${code}: ${shown?.cause}`)
      }
    }
  })

  it('never throws, and gives only causes of the closed list', () => {
    for (const facts of [noFacts, ...randomFacts(3_000)]) {
      for (const code of Object.keys(catalogue) as ProblemCode[]) {
        const shown = explain(code, facts, 'development')
        if (!shown) continue
        assert.ok(causeNames.includes(shown.cause))
        assert.ok(shown.evidence.length > 5 && shown.fix.length > 5, `${code}: ${JSON.stringify(shown)}`)
        const text = `${shown.evidence} ${shown.fix}`.replace(literals, '')
        assert.doesNotMatch(text, /undefined|NaN|\[object/, code)
      }
    }
  })

  it('tells nothing of other requests without a recollection', () => {
    const ofOthers = ['other_host', 'store_was_reset', 'older_code', 'other_login', 'two_clients']
    for (const facts of randomFacts(1_000)) {
      for (const code of Object.keys(catalogue) as ProblemCode[]) {
        const shown = explain(code, { ...facts, recalled: undefined }, 'development')
        assert.equal(ofOthers.includes(shown?.cause ?? ''), false)
      }
    }
  })
})

describe('the trace', () => {
  it('ends with the decision that refused, for every code', () => {
    for (const facts of [noFacts, ...randomFacts(300)]) {
      for (const code of Object.keys(catalogue) as ProblemCode[]) {
        const trace = traceOf(code, facts)
        assert.equal(trace.at(-1)?.ok, false, code)
        for (const { check, saw } of trace) assert.ok(check !== '' && saw !== '', `${code}: ${check}`)
      }
    }
  })

  it('says step by step what a request without its cookie was', () => {
    const facts = factsOf({
      route: { isKnown: true, methods: ['POST'], reads: 'session' },
      request: { method: 'POST' },
    })

    assert.deepEqual(traceOf('session_missing', facts), [
      { check: 'route', ok: true, saw: 'POST on a path that has POST' },
      { check: 'same site', ok: true, saw: 'no Origin, no Sec-Fetch-Site' },
      { check: 'content type', ok: true, saw: 'no body' },
      { check: 'cookie received', ok: false, saw: 'no sallyport.sid' },
      { check: 'signature', ok: false, saw: 'none' },
      { check: 'session found', ok: false, saw: 'none' },
    ])
  })
})

/** Each fact is one that some test gives, or none, in any mixture. */
function randomFacts(count: number): Facts[] {
  const given = rows.map(([, , facts]) => withFacts(facts))
  let seed = 20_260_101
  const pick = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return given[seed % given.length] as Facts
  }
  return Array.from({ length: count }, () => ({
    now: pick().now,
    request: pick().request,
    route: pick().route,
    body: pick().body,
    cookie: pick().cookie,
    session: pick().session,
    authorization: pick().authorization,
    token: pick().token,
    settings: pick().settings,
    told: pick().told,
    recalled: pick().recalled,
  }))
}
