import { around } from './surroundings.ts'

const patience = 3_000

/**
 * Runs the work under a lock that all tabs share, so that of five tabs one asks and the others see what came of it. It only
 * saves requests: where there are no Web Locks, or the lock isn't to be had within 3 s, the work is done without.
 */
export function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = around().navigator?.locks
  if (!locks) return work()
  return new Promise((resolve, reject) => {
    const waiting = new AbortController()
    let begun = false
    const begin = (): unknown => {
      if (begun) return undefined
      begun = true
      clearTimeout(timer)
      const working = work()
      working.then(resolve, reject)
      return working.catch(() => {})
    }
    const timer = setTimeout(() => {
      begin()
      waiting.abort()
    }, patience)
    // A page may be denied locks: that is no reason to be denied the work.
    new Promise((held) => held(locks.request(name, { signal: waiting.signal }, begin))).catch(begin)
  })
}
