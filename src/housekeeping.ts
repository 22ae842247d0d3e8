import type { Web } from './middleware/exchange.ts'
import type { LiveSessions } from './stores/live-sessions.ts'
import { storeTime } from './stores/store-probe.ts'
import { purgeExpired, type Stores } from './stores/stores.ts'
import type { KeyReaders } from './tokens/key-readers.ts'
import type { KeyRing } from './tokens/signing-keys.ts'
import type { Clock } from './utils/clock.ts'

/** A revoked key is dead within a second (F-KEY-02), and mostly no request has to wait for the reading. */
const keysEveryMs = 500

/**
 * The work that no request waits for: writes gathered times, seals the audit trail, follows the keys of other processes, removes
 * what has expired. Each job runs alone, and one that fails is tried again at its next turn.
 */
export function startHousekeeping(options: {
  stores: Stores
  live: LiveSessions
  keys: KeyRing
  keyReaders: KeyReaders
  clock: Clock
  web: Pick<Web, 'surroundings'>
  onFault: (where: string, reason: unknown) => void
}): { stop(): Promise<void>; turn(): Promise<void> } {
  const { stores, live, keys, keyReaders, clock, web, onFault } = options
  const sealTrail = async () => {
    if (await stores.read.audit.hasPending()) await stores.atomically(({ audit }) => audit.seal(500))
  }
  const compareClocks = async () => {
    const now = await storeTime(stores.database)
    // Of the machine, not the clock of the flow: in development that one can be moved.
    web.surroundings.compareClocks(now === undefined ? undefined : now - Date.now())
  }
  const jobs = [
    every(1_000, 'writing last-seen times', () => live.flush()),
    every(1_000, 'sealing the audit trail', sealTrail),
    every(keysEveryMs, 'reading the signing keys', () => keys.reload()),
    every(1_000, 'noting who read the public keys', () => keyReaders.catchUp()),
    every(60_000, 'comparing the clock with the one of the store', compareClocks),
    every(60_000, 'removing what has expired', () => purgeExpired(stores, clock.now())),
  ]

  return {
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()))
      await live.flush()
    },
    /** All of it now: for a clock that was moved. */
    async turn() {
      for (const job of jobs) await job.run()
    },
  }

  function every(milliseconds: number, what: string, work: () => Promise<unknown>) {
    let running: Promise<unknown> | undefined
    const run = () => {
      running ??= work()
        .catch((reason) => onFault(what, reason))
        .finally(() => {
          running = undefined
        })
      return running
    }
    const timer = setInterval(run, milliseconds)
    timer.unref()
    return {
      run,
      async stop() {
        clearInterval(timer)
        await running
      },
    }
  }
}
