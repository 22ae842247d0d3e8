import { Problem } from '../../problems/problem.ts'
import { parseDuration, sayDuration } from '../../utils/duration.ts'
import { isoTime } from '../describe-session.ts'
import { type Endpoint, ok } from '../endpoint.ts'
import { moveClock, type Tools } from '../tools.ts'
import { greatestAheadMs } from '../virtual-clock.ts'
import type { ClockView } from '../wire.ts'

export function clockEndpoints(tools: Tools): Endpoint[] {
  const { clock } = tools
  const view = (): ClockView => ({
    now: isoTime(clock.now()),
    aheadMs: clock.aheadMs,
    ahead: sayDuration(clock.aheadMs),
  })
  return [
    { method: 'GET', path: /^\/clock$/, access: 'data', answer: () => ok(view()) },
    {
      method: 'POST',
      path: /^\/clock$/,
      access: 'act',
      async answer({ body }) {
        const milliseconds = typeof body.advance === 'string' ? parseDuration(body.advance) : undefined
        if (!milliseconds || clock.aheadMs + milliseconds > greatestAheadMs) throw badAdvance()
        await moveClock(tools, milliseconds)
        return ok(view())
      },
    },
  ]
}

function badAdvance(): Problem {
  return new Problem('invalid_request', {
    detail: 'The clock goes forward only: a store holds times, and none of them may lie in the future.',
    fix: 'Send {"advance":"11m"}: a duration with ms, s, m, h or d. For the real time again, start the server again.',
  })
}
