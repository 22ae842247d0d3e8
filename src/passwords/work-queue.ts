import { Problem } from '../problems/problem.ts'

export interface WorkQueue {
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

type Waiting = { since: number; goOn: () => void; giveUp: (reason: Problem) => void }

/** Real milliseconds. After this there is no time left in the 4.8 s of a request for what comes next: the work would be for nobody. */
const longestWaitMs = 3_500

/**
 * First come, first served; at most `parallel` at work and `maxWaiting` in line. Who comes then is told at once to come again, and
 * so is who has waited for too long (D13).
 */
export function createWorkQueue({
  parallel,
  maxWaiting,
}: {
  parallel: number
  maxWaiting: number
}): WorkQueue {
  const waiting: Waiting[] = []
  let running = 0

  async function takePlace(): Promise<void> {
    if (running < parallel) {
      running += 1
      return
    }
    if (waiting.length >= maxWaiting) throw busy()
    await new Promise<void>((goOn, giveUp) => waiting.push({ since: performance.now(), goOn, giveUp }))
  }

  function leavePlace(): void {
    let next = waiting.shift()
    while (next && performance.now() - next.since > longestWaitMs) {
      next.giveUp(busy())
      next = waiting.shift()
    }
    // The place goes from hand to hand: were it free for a moment, a newcomer could take it before the first in line.
    if (next) next.goOn()
    else running -= 1
  }

  return {
    async run(work) {
      await takePlace()
      try {
        return await work()
      } finally {
        leavePlace()
      }
    },
  }
}

function busy(): Problem {
  const detail = 'More passwords are waiting to be checked than this server can check in time.'
  const details = { cause: 'passwords_waiting', retryAfterSeconds: 1, detail } as const
  return new Problem('service_unavailable', details, 'the password queue is full')
}
