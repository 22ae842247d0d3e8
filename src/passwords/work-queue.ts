import { Problem } from '../problems/problem.ts'

export interface WorkQueue {
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

/** First come, first served; at most `parallel` at work and `maxWaiting` in line. Who comes then is told at once to come again (D13). */
export function createWorkQueue({
  parallel,
  maxWaiting,
}: {
  parallel: number
  maxWaiting: number
}): WorkQueue {
  const waiting: (() => void)[] = []
  let running = 0

  async function takePlace(): Promise<void> {
    if (running < parallel) {
      running += 1
      return
    }
    if (waiting.length >= maxWaiting) throw busy()
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function leavePlace(): void {
    const next = waiting.shift()
    // The place goes from hand to hand: were it free for a moment, a newcomer could take it before the first in line.
    if (next) next()
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
