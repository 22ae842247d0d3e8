import type { ServerResponse } from 'node:http'
import type { Answer } from '../middleware/answer.ts'
import type { Observation } from '../middleware/exchange.ts'
import { maskBody, plain } from './mask.ts'
import type { Outcome } from './wire.ts'

export function describeOutcome({ exchange, answer }: Observation, ms: Record<string, number>): Outcome {
  const problem = answer.refusal?.body
  return {
    status: answer.status,
    code: text(problem?.code),
    cause: text(problem?.cause),
    title: text(problem?.title),
    detail: text(problem?.detail),
    fix: text(problem?.fix),
    headers: headersOf(exchange.res, answer, exchange.visit.flowId),
    body: bodyOf(answer),
    ms: Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, Math.round(value * 10) / 10])),
  }
}

/** Headers that every answer has are no news. Set-Cookie has a place of its own. */
const worthSeeing =
  /^(content-type|retry-after|www-authenticate|allow|ratelimit|ratelimit-policy|access-control-.*|x-flow-id)$/i

function headersOf(res: ServerResponse, { headers, type, body }: Answer, flowId: string): [string, string][] {
  const content = body === undefined ? {} : { 'content-type': type ?? 'application/json; charset=utf-8' }
  const all = { ...content, 'x-flow-id': flowId, ...res.getHeaders(), ...headers }
  return Object.entries(all)
    .filter(([name]) => worthSeeing.test(name))
    .map(([name, value]) => [name.toLowerCase(), plain(String(value))])
}

/** The trace of a refusal has a place of its own. */
function bodyOf({ body, refusal, type }: Answer): string | null {
  if (refusal) return maskBody({ ...refusal.body, trace: undefined }, 'answer')
  if (body === undefined) return null
  return type === undefined ? maskBody(body, 'answer') : '‹a page›'
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
