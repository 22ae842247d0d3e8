import { Problem } from '../problems/problem.ts'
import type { Exchange } from './exchange.ts'
import { writeProblem } from './problem.ts'

/** I5: no request takes longer than 5 s, whatever it waits for. */
const deadlineMs = 4_800

/** Runs what answers a request. Whatever is thrown, and time that runs out, becomes the answer; nothing leaves this function. */
export async function answerInTime(exchange: Exchange, work: () => Promise<void>): Promise<void> {
  const { res } = exchange
  const refuse = (thrown: unknown) => {
    if (!res.headersSent) writeProblem(exchange, thrown)
  }
  const deadline = setTimeout(() => refuse(tooSlow()), deadlineMs)
  try {
    await work()
  } catch (thrown) {
    refuse(thrown)
  } finally {
    clearTimeout(deadline)
  }
}

function tooSlow(): Problem {
  return new Problem('service_unavailable', {
    cause: 'too_slow',
    retryAfterSeconds: 2,
    detail: 'The answer took too long. What was asked for may have happened; it is safe to ask again.',
  })
}
