import type { GateEvent } from '../flow/events.ts'
import type { Answer } from '../middleware/answer.ts'
import type { Exchange } from '../middleware/exchange.ts'
import { plain } from './mask.ts'
import type { CookieView, Decision } from './wire.ts'

/** What was decided, in order. A refusal brings its own list; of a success it is told here what it passed. */
export function decisionsOf(
  exchange: Exchange,
  answer: Answer,
  cookie: CookieView,
  events: readonly GateEvent[],
): Decision[] {
  const told = answer.refusal?.body.trace
  const passed = Array.isArray(told) ? (told as Decision[]) : passedBy(exchange, cookie)
  const where = answer.refusal && originOf(answer.refusal.thrown)
  const last = passed.findLastIndex(({ ok }) => !ok)
  const located = passed.map((each, index) =>
    where !== undefined && index === last ? { ...each, where } : each,
  )
  return [...located, ...events.map(decisionOf)]
}

function passedBy({ req, path, session, web }: Exchange, cookie: CookieView): Decision[] {
  const reads = web.explaining.routes.find((row) => row.path === path && row.method === req.method)?.reads
  const seen: Decision[] = [{ check: 'route', ok: true, saw: `${req.method} ${path}` }]
  if (reads?.includes('session') && (cookie.received || reads === 'session')) {
    seen.push({
      check: 'cookie',
      ok: true,
      saw: cookie.received ? `${cookie.name}: ${cookie.verdict}` : 'none, and none is needed',
    })
    seen.push({ check: 'stage', ok: true, saw: session.stage })
  }
  if (reads?.includes('token') && req.headers.authorization !== undefined) {
    seen.push({
      check: 'access token',
      ok: true,
      saw: 'signature, issuer, audience, times and session are good',
    })
  }
  return seen
}

/** What the flow itself decided, as the audit trail has it. */
function decisionOf({ type, detail }: GateEvent): Decision {
  const words = Object.entries(detail).map(([name, value]) => `${name} ${plain(String(value), 60)}`)
  return {
    check: type,
    ok: !/refused|reused|locked|failed/.test(type),
    saw: words.length > 0 ? words.join(', ') : 'written to the audit trail',
  }
}

/** The line of our source that refused. */
function originOf(thrown: Error): string | undefined {
  const lines = (thrown.stack ?? '').split('\n').map((line) => /\/(src\/[\w./-]+\.ts):(\d+)/.exec(line))
  const first = lines.find(
    (line) => line && !/\/problem\.ts|refusals\.ts|refused-token\.ts/.test(line[1] ?? ''),
  )
  return first ? `${first[1]}:${first[2]}` : undefined
}
