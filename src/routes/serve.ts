import type { Answer } from '../middleware/answer.ts'
import { writeAnswer } from '../middleware/answer.ts'
import { answerInTime } from '../middleware/deadline.ts'
import type { Exchange, Web } from '../middleware/exchange.ts'
import { allowCors, refuseCrossSite } from '../middleware/origin.ts'
import { takeLimits } from '../middleware/rate-limit.ts'
import { readBody, refuseOtherTypes } from '../middleware/read-body.ts'
import { fitForm, readForm } from '../middleware/read-form.ts'
import type { OpenSession } from '../middleware/session.ts'
import { openVisit } from '../middleware/visit.ts'
import type { Route } from './route.ts'

export function openExchange(
  web: Web,
  req: Exchange['req'],
  res: Exchange['res'],
  path: string,
  params: Record<string, string> = {},
): Exchange {
  return {
    web,
    req,
    res,
    path,
    params,
    visit: openVisit(req, web),
    session: { stage: 'anonymous' },
  }
}

/** Takes a request through its row, from the first check to the answer. */
export async function serve(row: Route, exchange: Exchange): Promise<void> {
  await answerInTime(exchange, async () => writeAnswer(exchange, await passThrough(row, exchange)))
}

/** The gate, in order. Each line either lets the request on or throws its refusal. */
async function passThrough(row: Route, exchange: Exchange): Promise<Answer> {
  const { web, req, res, params } = exchange
  // Public documents are for every page, and so never with credentials; what services ask is for no page.
  const isForPages = row.method !== 'GET' || row.guard.reads !== 'nothing'
  if (isForPages && row.guard.reads !== 'client') allowCors(req, res, web)
  refuseCrossSite(req, web)
  refuseOtherTypes(req, row.guard.reads === 'client' ? 'form' : 'json')
  if (row.guard.reads === 'client') return passClient(row, exchange)
  const cookie = await openSession(row, exchange)
  // A session that doesn't fit is told so before its body is looked at; what it costs to read one is never paid for it.
  const admitted = row.guard.admit(exchange)
  const caller = admitted instanceof Promise ? await admitted : admitted
  const body = row.body ? await readBody(req, res, row.body, row.bodyOptional) : undefined
  const giveBack = row.limits ? await takeLimits(exchange, row.limits, body) : undefined
  const answered = row.handle({ exchange, visit: exchange.visit, caller, body, params, cookie })
  const answer = answered instanceof Promise ? await answered : answered
  if (giveBack) await giveBack()
  return answer
}

/** A service may name itself in the form, so that is read first; wrong secrets are counted before they are refused. */
async function passClient(row: Route, exchange: Exchange): Promise<Answer> {
  const { req, res, visit, params } = exchange
  const form = await readForm(req, res)
  await takeLimits(exchange, row.limits ?? [], form)
  const caller = await row.guard.admit(exchange, form)
  const body = row.body && fitForm(form, row.body)
  return row.handle({ exchange, visit, caller, body, params, cookie: noSession })
}

async function openSession(row: Route, exchange: Exchange): Promise<OpenSession> {
  if (!row.guard.reads.startsWith('session')) return noSession
  const cookie = await exchange.web.sessions.open(exchange.req, exchange.res)
  exchange.session = cookie.state
  if (cookie.state.stage !== 'anonymous') exchange.visit.flowId = cookie.state.flowId
  return cookie
}

const noSession: OpenSession = {
  state: { stage: 'anonymous' },
  adopt: () => fail(),
  drop: () => fail(),
}

function fail(): never {
  throw new Error('The guard of this route does not read the session.')
}
