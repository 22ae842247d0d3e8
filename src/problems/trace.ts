import type { ProblemCode } from './catalogue.ts'
import type { Facts } from './facts.ts'

/** One decision on the way to a refusal. */
export type Decision = { check: string; ok: boolean; saw: string }

type Check = {
  check: string
  refuses: readonly ProblemCode[]
  saw: (facts: Facts) => string
  ok?: (facts: Facts) => boolean
}

/** The decisions that led to a refusal, in the order in which they were taken; the last one is the refusal. */
export function traceOf(code: ProblemCode, facts: Facts): Decision[] {
  const checks = [...arrival, ...credentials(code, facts), ...work]
  const end = checks.findIndex(({ refuses }) => refuses.includes(code))
  const passed = end < 0 ? checks : checks.slice(0, end + 1)
  return passed.map(({ check, saw, ok }, index) => ({
    check,
    ok: index !== end && (ok?.(facts) ?? true),
    saw: saw(facts),
  }))
}

const arrival: Check[] = [
  {
    check: 'route',
    refuses: ['not_found', 'wrong_method'],
    saw: ({ route, request }) =>
      route.isKnown
        ? `${request.method} on a path that has ${route.methods.join(', ')}`
        : 'no route of this server',
  },
  {
    check: 'same site',
    refuses: ['cross_site_request'],
    saw: ({ request: { origin, site } }) =>
      `${origin ? `Origin ${origin.text}` : 'no Origin'}, ${site ? `Sec-Fetch-Site ${site}` : 'no Sec-Fetch-Site'}`,
  },
  {
    check: 'content type',
    refuses: ['unsupported_media_type'],
    saw: ({ request }) =>
      request.hasBody ? `a body of the type ${request.contentType ?? 'nobody named'}` : 'no body',
  },
]

const tokenCodes: ProblemCode[] = ['bearer_missing', 'token_invalid', 'token_expired']

function credentials(code: ProblemCode, { route, authorization }: Facts): Check[] {
  const byToken = route.reads === 'token' || (route.reads === 'session or token' && authorization.count > 0)
  if (tokenCodes.includes(code) || byToken) return ofToken
  if (code === 'client_invalid' || route.reads === 'client') return ofClient
  const needsSession = sessionCodes.includes(code)
  return needsSession || route.reads.startsWith('session') ? ofSession : []
}

const ofClient: Check[] = [
  {
    check: 'client known',
    refuses: ['client_invalid'],
    saw: ({ authorization }) =>
      authorization.count === 0
        ? 'no Authorization header'
        : `an Authorization header of the scheme ${authorization.scheme ?? 'unknown'}`,
  },
]

const sessionCodes: ProblemCode[] = [
  'session_missing',
  'session_ended',
  'otp_required',
  'otp_not_pending',
  'reauth_required',
]

const ofToken: Check[] = [
  {
    check: 'Authorization header received',
    refuses: ['bearer_missing'],
    saw: ({ authorization }) =>
      authorization.count === 0
        ? 'no Authorization header'
        : `scheme ${authorization.scheme ?? 'unknown'}, holding ${authorization.holds}`,
    ok: ({ authorization }) => authorization.scheme === 'Bearer',
  },
  {
    check: 'token valid',
    refuses: ['token_invalid', 'token_expired'],
    saw: ({ token }) =>
      token ? `alg ${token.algorithm ?? 'unreadable'}, typ ${token.type ?? 'unreadable'}` : 'no JWT',
  },
]

const ofSession: Check[] = [
  {
    check: 'cookie received',
    refuses: [],
    saw: ({ cookie }) => (cookie.verdict === 'none' ? `no ${cookie.name}` : cookie.name),
    ok: ({ cookie }) => cookie.verdict !== 'none',
  },
  {
    check: 'signature',
    refuses: [],
    saw: ({ cookie: { verdict } }) => (isUnsigned(verdict) ? verdict : 'made by this server'),
    ok: ({ cookie: { verdict } }) => !isUnsigned(verdict),
  },
  {
    check: 'session found',
    refuses: ['session_missing'],
    saw: ({ session }) => (session.stage === 'anonymous' ? 'none' : 'one'),
    ok: ({ session }) => session.stage !== 'anonymous',
  },
  {
    check: 'stage',
    refuses: ['session_ended', 'otp_required', 'otp_not_pending', 'reauth_required'],
    saw: ({ session }) => session.stage,
  },
]

function isUnsigned(verdict: Facts['cookie']['verdict']): boolean {
  return (
    verdict === 'none' || verdict === 'unsigned' || verdict === 'bad_signature' || verdict === 'duplicate'
  )
}

const work: Check[] = [
  {
    check: 'body',
    refuses: ['malformed_json', 'invalid_request', 'payload_too_large'],
    saw: ({ body, request }) =>
      body
        ? `${body.kind}, members ${Object.keys(body.members).join(', ') || 'none'}`
        : request.hasBody
          ? 'not read'
          : 'none',
  },
  {
    check: 'limits',
    refuses: ['rate_limited', 'otp_locked', 'otp_resend_too_soon'],
    saw: ({ told: { retryAfterSeconds } }) =>
      retryAfterSeconds === undefined ? 'none reached' : `come again in ${retryAfterSeconds} s`,
  },
  { check: 'the step itself', refuses: stepCodes(), saw: () => 'refused' },
]

function stepCodes(): ProblemCode[] {
  return [
    'invalid_credentials',
    'otp_invalid',
    'otp_expired',
    'otp_attempts_exhausted',
    'refresh_invalid',
    'refresh_reused',
    'password_rejected',
    'registration_closed',
    'mailed_code_invalid',
    'email_taken',
    'service_unavailable',
    'internal',
  ]
}
