import type { Dot, FlowEvent, StepName } from './wire.ts'

const steps: [RegExp, StepName][] = [
  [/^\/auth\/(login|register|password\/forgot)$/, 'login'],
  [/^\/auth\/(verify-otp|otp\/resend|password\/reset)$/, 'code'],
  [/^\/auth\/token$/, 'token'],
  [/^\/auth\/refresh$/, 'refresh'],
  [/^\/auth\/(protected|check)$/, 'call'],
]

/** Which of the five dots a request is about. */
export function stepOf(path: string): StepName | null {
  return steps.find(([pattern]) => pattern.test(path))?.[1] ?? null
}

const stepNames: readonly StepName[] = ['login', 'code', 'token', 'call', 'refresh']

type Seen = Pick<FlowEvent, 'step' | 'outcome' | 'session' | 'request'>

export function dotsOf(events: readonly Seen[]): Record<StepName, Dot> {
  const dots: Record<StepName, Dot> = {
    login: 'none',
    code: 'none',
    token: 'none',
    call: 'none',
    refresh: 'none',
  }
  for (const { step, outcome, session, request } of events) {
    if (step) dots[step] = outcome.status >= 400 ? 'refused' : 'done'
    if (request.path === '/auth/otp/resend' && outcome.status < 400) dots.code = 'waiting'
    if (session.after?.stage === 'verified' && dots.code !== 'refused') dots.code = 'done'
  }
  const next = stepNames.find((name) => dots[name] !== 'done')
  const hasBegun = dots.login === 'done'
  // Nobody has to refresh, and a flow whose session is over waits for nothing.
  if (hasBegun && next && next !== 'refresh' && dots[next] === 'none' && !isOver(events))
    dots[next] = 'waiting'
  return dots
}

function isOver(events: readonly Seen[]): boolean {
  return events.findLast(({ session }) => session.after)?.session.after?.stage === 'ended'
}

/** Where it stopped and why, or what it waits for, in one line. */
export function verdictOf(events: readonly Seen[]): {
  verdict: string
  isRefused: boolean
  cause: string | null
} {
  const last = events.at(-1)
  if (!last) return { verdict: 'Nothing yet', isRefused: false, cause: null }
  const { outcome, step, request } = last
  if (outcome.status >= 400) {
    const where = step === null ? `${request.method} ${request.path}` : step
    const why = words(outcome.cause ?? outcome.code ?? String(outcome.status))
    return { verdict: `Stopped at ${where}: ${why}`, isRefused: true, cause: outcome.cause ?? outcome.code }
  }
  return { verdict: isOver(events) ? 'Signed out' : progress(dotsOf(events)), isRefused: false, cause: null }
}

function progress(dots: Record<StepName, Dot>): string {
  const done = stepNames.findLast((name) => dots[name] === 'done')
  if (done === undefined || done === 'login') return 'Waits for the code'
  return reached[done]
}

const reached: Record<Exclude<StepName, 'login'>, string> = {
  code: 'Verified: POST /auth/token is next',
  token: 'Has a token: call with it',
  call: 'Complete: the token opened the door',
  refresh: 'Renewed its tokens',
}

/** Causes are written like names: `cookie_not_sent`. */
function words(cause: string): string {
  return sayings[cause] ?? cause.replaceAll('_', ' ')
}

const sayings: Record<string, string> = {
  cookie_not_sent: 'the session cookie was not sent',
  other_host: 'the cookie is of another host name',
  bad_signature: 'the cookie is signed with another secret',
  store_was_reset: 'the store knows no such session',
  get_instead_of_post: 'GET was sent, POST is needed',
  near_miss: 'there is no such path',
  older_code: 'the code is of an older login',
  other_login: 'the code is of another login',
  no_header: 'no Authorization header',
  cookie_only: 'a cookie came, a token is needed',
  wrong_password: 'address or password is wrong',
  expired: 'the token has expired',
  form_body: 'a form came, JSON is needed',
  other_content_type: 'the body is not declared as JSON',
  no_content_type: 'the body has no content type',
  typo: 'the code is wrong',
  replay: 'an old refresh token came back',
  two_clients: 'two clients used one refresh token',
  wrong_scheme: 'the header does not say Bearer',
  skipped_step: 'the code was not verified yet',
  altered: 'the token was altered',
  cut_off: 'the token is not whole',
  session_over: 'the session has ended',
}
