import { AsyncLocalStorage } from 'node:async_hooks'
import type { Recording } from './recording.ts'

export type Timing = 'store' | 'hash' | 'sign'

/** The request that is being answered, for whatever is done on its behalf. */
export const current: AsyncLocalStorage<Recording> = new AsyncLocalStorage()

/**
 * The same part, whose calls count for the request that makes them. Its methods run on the part itself, so that private members
 * stay within reach.
 */
export function timed<Part extends object>(what: Timing, part: Part): Part {
  return new Proxy(part, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value === 'object' && value !== null) return timed(what, value)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => measure(what, () => value.apply(target, args))
    },
  })
}

function measure(what: Timing, work: () => unknown): unknown {
  const recording = current.getStore()
  // A part that calls itself would count twice.
  if (!recording || recording.timing) return work()
  recording.timing = true
  const startedAt = performance.now()
  const done = () => {
    recording.timing = false
    recording.ms[what] = (recording.ms[what] ?? 0) + performance.now() - startedAt
  }
  try {
    const result = work()
    if (result instanceof Promise) return result.finally(done)
    done()
    return result
  } catch (thrown) {
    done()
    throw thrown
  }
}
