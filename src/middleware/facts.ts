import type { Facts, RecalledFacts, RouteFacts, SessionFacts, ToldFacts } from '../problems/facts.ts'
import type { Problem } from '../problems/problem.ts'
import { lazily } from '../utils/lazily.ts'
import type { Exchange } from './exchange.ts'
import { factsOfBody } from './facts-of-body.ts'
import { factsOfRequest } from './facts-of-request.ts'
import { factsOfAuthorization, factsOfToken } from './facts-of-token.ts'
import { nearestRoute } from './near-route.ts'
import { recall } from './recall.ts'

/**
 * What is known of a request that is refused. Nothing is collected before, so a request that passes pays nothing for it; and of a
 * refused one only what the rows of its code ask for.
 */
export function collectFacts(exchange: Exchange, problem: Problem): Facts {
  const { req, web } = exchange
  const facts: Facts = lazily<Facts>({
    now: () => web.gate.clock.now(),
    request: () => factsOfRequest(req, web),
    route: () => factsOfRoute(exchange),
    body: () => factsOfBody(req, problem),
    cookie: () => factsOfCookie(exchange, problem, facts.route),
    session: () => factsOfSession(exchange),
    authorization: () => factsOfAuthorization(req),
    token: () => factsOfToken(req, web.explaining.keys),
    settings: () => factsOfSettings(exchange),
    told: () => factsTold(problem),
    recalled: (): RecalledFacts | undefined => recall(exchange),
  })
  return facts
}

function factsOfRoute({ web, req, path }: Exchange): RouteFacts {
  const { routes } = web.explaining
  const here = routes.filter((route) => route.path === path)
  const method = req.method === 'HEAD' ? 'GET' : (req.method ?? '')
  return {
    isKnown: here.length > 0,
    reads: here.find((route) => route.method === method)?.reads ?? 'nothing',
    methods: here.flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])),
    nearest: here.length > 0 ? undefined : nearestRoute(routes, (req.url ?? '').split('?')[0] ?? '', method),
  }
}

function factsOfCookie(exchange: Exchange, { code }: Problem, { reads }: RouteFacts): Facts['cookie'] {
  const { web, req, session } = exchange
  const { name, verdict, hasOtherName } = web.sessions.judge(req)
  const wasRead = reads.startsWith('session') || code === 'session_missing'
  const known = session.stage === 'ended' ? 'ended' : session.stage === 'anonymous' ? 'unknown' : 'ok'
  const signed = session.stage !== 'anonymous' || wasRead ? known : 'unread'
  return {
    name,
    hasHeader: req.headers.cookie !== undefined,
    verdict: verdict === 'signed' || session.stage !== 'anonymous' ? signed : verdict,
    hasOtherName,
  }
}

function factsOfSession({ session }: Exchange): SessionFacts {
  const isOpen = session.stage === 'otp_pending' || session.stage === 'verified'
  return {
    stage: session.stage,
    purpose: session.stage === 'otp_pending' ? session.purpose : undefined,
    endedAt: session.stage === 'ended' ? session.endedAt : undefined,
    hasCode: isOpen && session.stage === 'verified' && session.amr.some((method) => method !== 'pwd'),
  }
}

function factsOfSettings({ web }: Exchange): Facts['settings'] {
  const { explaining, gate, publicUrl } = web
  const { otpTtlMs, stepUpTtlMs, refreshGraceMs, sessionIdleTtlMs, sessionTtlMs, otpResendAfterMs } =
    gate.rules
  return {
    publicUrl,
    audience: explaining.audience,
    otpLength: gate.emailOtp.length,
    accessTokenTtlMs: explaining.accessTokenTtlMs,
    otpTtlMs,
    stepUpTtlMs,
    refreshGraceMs,
    sessionIdleTtlMs,
    sessionTtlMs,
    otpResendAfterMs,
  }
}

function factsTold({ details }: Problem): ToldFacts {
  const { reason, errors, failing } = details.extra ?? {}
  const paths = Array.isArray(errors) ? (errors as { path: string[] }[]).map(({ path }) => path[0]) : []
  return {
    cause: details.cause,
    detail: details.detail,
    fix: details.fix,
    reason: typeof reason === 'string' ? reason : undefined,
    retryAfterSeconds: details.retryAfterSeconds,
    fields: [...new Set(paths.filter((name) => name !== undefined))],
    failing: Array.isArray(failing) ? failing.map(String) : [],
  }
}
