import { catalogue } from '../problems/catalogue.ts'
import { Problem, type ProblemDetails } from '../problems/problem.ts'
import { writeAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** Causes that the caller's own request shows: only these are told in production (contract 4). */
const openCauses = new Set([
  'get_instead_of_post',
  'cookie_not_sent',
  'no_header',
  'wrong_scheme',
  'expired',
  'form_body',
  'no_content_type',
  'other_content_type',
  'empty',
  'bad_utf8',
  'too_complex',
])

/** More unread body than this isn't waited for: the connection ends with the answer. Bytes. */
const maxDrain = 1_000_000

/** Turns whatever was thrown into a refusal of the catalogue, as application/problem+json (RFC 9457). */
export function writeProblem(exchange: Exchange, thrown: unknown): void {
  const problem = thrown instanceof Problem ? thrown : new Problem('internal', {}, thrown)
  const { web, req, visit } = exchange
  const { code, details } = problem
  const entry = catalogue[code]
  const fix = details.fix ?? entry.fix
  const tellsCause = details.cause !== undefined && (web.development || openCauses.has(details.cause))
  const body = {
    type: `${web.publicUrl}${web.mountPath}/problems/${code}`,
    title: entry.title,
    status: entry.status,
    code,
    ...(tellsCause ? { cause: details.cause } : {}),
    detail: details.detail ?? entry.meaning,
    fix,
    instance: visit.flowId,
    ...details.extra,
  }
  const large = Number(req.headers['content-length'] ?? 0) > maxDrain
  const headers = { ...headersOf(details), ...(large ? { Connection: 'close' } : {}) }
  writeAnswer(exchange, {
    status: entry.status,
    type: 'application/problem+json',
    body: JSON.stringify(body),
    headers,
  })
  web.onRefusal({ exchange, status: entry.status, code, cause: details.cause, fix, reason: problem.cause })
}

function headersOf(details: ProblemDetails): Record<string, string> {
  const retryAfter = details.retryAfterSeconds
  return { ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }), ...details.headers }
}
