import { readdirSync, readFileSync } from 'node:fs'

/**
 * What a process with all its threads has had of its core, in ms; NaN where the system doesn't tell. Whoever else uses the
 * machine makes a rate smaller, and that of a quick answer more than that of a slow one, but not this.
 */
export function cpuTimeMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map((thread) => {
      return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    })
    return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6
  } catch {
    return Number.NaN
  }
}
