import { catalogue } from '../problems/catalogue.ts'
import { type Explanation, explain } from '../problems/causes.ts'
import { occurrencePage } from '../problems/occurrence-page.ts'
import { Problem, type ProblemDetails } from '../problems/problem.ts'
import { type Decision, traceOf } from '../problems/trace.ts'
import { prefersHtml } from '../utils/prefers-html.ts'
import { writeAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { collectFacts } from './facts.ts'

/** More unread body than this isn't waited for: the connection ends with the answer. Bytes. */
const maxDrain = 1_000_000

/** Turns whatever was thrown into a refusal of the catalogue: application/problem+json (RFC 9457), or its page for a browser. */
export function writeProblem(exchange: Exchange, thrown: unknown): void {
  const problem = thrown instanceof Problem ? thrown : new Problem('internal', {}, thrown)
  const { web, req } = exchange
  const { observed, told, trace, fault } = observe(exchange, problem)
  const body = describe(exchange, problem, told, trace)
  const large = Number(req.headers['content-length'] ?? 0) > maxDrain
  writeAnswer(exchange, {
    status: problem.status,
    ...(prefersHtml(req.headers.accept)
      ? { type: 'text/html; charset=utf-8', body: occurrencePage(problem.code, body) }
      : { type: 'application/problem+json', body: JSON.stringify(body) }),
    headers: {
      ...headersOf(problem.details),
      Vary: 'Origin, Accept',
      ...(large ? { Connection: 'close' } : {}),
    },
    refusal: { body, thrown: problem },
  })
  const { code, status, cause: reason = fault } = problem
  web.onRefusal({ exchange, status, code, cause: observed?.cause, fix: body.fix, reason })
}

type Observed = {
  observed?: Explanation | undefined
  told?: Explanation | undefined
  trace?: Decision[]
  /** What went wrong with the explaining. */
  fault?: unknown
}

/** The operator's log may know what the caller of a production server may not. A refusal that nobody can explain is still one. */
function observe(exchange: Exchange, problem: Problem): Observed {
  const { development } = exchange.web
  try {
    const facts = collectFacts(exchange, problem)
    const observed = explain(problem.code, facts, 'development')
    if (development) return { observed, told: observed, trace: traceOf(problem.code, facts) }
    return { observed, told: explain(problem.code, facts, 'production') }
  } catch (fault) {
    return { fault }
  }
}

function describe(
  { web, visit }: Exchange,
  { code, details }: Problem,
  told: Explanation | undefined,
  trace: Decision[] | undefined,
) {
  const { title, status, meaning, fix } = catalogue[code]
  const base = `${web.publicUrl}${web.mountPath}`
  return {
    type: `${base}/problems/${code}`,
    title,
    status,
    code,
    ...(told ? { cause: told.cause } : {}),
    detail: told?.evidence ?? details.detail ?? meaning,
    fix: told?.fix ?? details.fix ?? fix,
    instance: visit.flowId,
    ...details.extra,
    ...(trace ? { trace } : {}),
    ...(web.explaining.hasInspector ? { inspect: `${base}/_dev/flows/${visit.flowId}` } : {}),
  }
}

function headersOf(details: ProblemDetails): Record<string, string> {
  const retryAfter = details.retryAfterSeconds
  return { ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }), ...details.headers }
}
