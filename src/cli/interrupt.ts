import { CommandFailure, exitCodes } from './failure.ts'
import { tell } from './output.ts'

let cleanUp: (() => void) | undefined

/** Ctrl-C ends a command with 130, and a second one also a command that is still tidying up. */
export function endOnInterrupt(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (cleanUp) cleanUp()
      else process.exit(exitCodes.interrupted)
    })
  }
}

/** For what must not leave anything behind: the signal aborts, and `work` ends by its own `finally`. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController()
  cleanUp = () => {
    cleanUp = undefined
    tell('Interrupted: tidying up. Ctrl-C once more ends at once.')
    controller.abort(new CommandFailure('Interrupted.', exitCodes.interrupted))
  }
  try {
    return await work(controller.signal)
  } finally {
    cleanUp = undefined
  }
}

/** Waits for what can't be aborted no longer than until the interrupt. */
export async function unlessAborted<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
