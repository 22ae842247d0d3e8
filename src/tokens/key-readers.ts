import type { Clock } from '../utils/clock.ts'
import type { KeyRing } from './signing-keys.ts'

/** Who has read the JWKS, and up to which key; id '' stands for all that have no name. Times in ms. */
export type KeyReader = { id: string; newestKid: string; readAt: number }

export interface KeyReaderStore {
  find(id: string): Promise<KeyReader | undefined>
  /** false when there are too many with a name */
  note(reader: KeyReader): Promise<boolean>
}

export interface KeyReaders {
  /**
   * Before the keys are given out, so that a new key never signs while somebody who was given an older answer is not noted
   * (F-KEY-01). It never rejects and waits for a second at most: the keys are given out also while the store is away.
   *
   * @param name what the reader calls itself in Sallyport-Reader
   * @returns false while the store is away: then nobody knows of this reading, and nobody may keep what it gave
   */
  note(name: string | undefined): Promise<boolean>
  /** Notes what could not be noted while the store was away. */
  catchUp(): Promise<void>
}

/** The note of a reader may be this far behind its last reading. */
export const noteEveryMs = 30_000

/** The rest of the pool is for requests that somebody waits for. */
const mostAtOnce = 4

const patienceMs = 1_000

export function createKeyReaders(options: {
  store: KeyReaderStore
  keys: Pick<KeyRing, 'jwks'>
  clock: Clock
}): KeyReaders {
  const { store, keys, clock } = options
  let underWay = 0
  let namelessAt: number | undefined
  let noting: Promise<void> | undefined
  let isOwed = false

  async function noteNamed(id: string, newestKid: string): Promise<boolean> {
    underWay++
    try {
      const readAt = clock.now()
      const before = await store.find(id)
      if (before?.newestKid === newestKid && isRecent(before.readAt, readAt)) return true
      return await store.note({ id, newestKid, readAt })
    } catch {
      return false
    } finally {
      underWay--
    }
  }

  async function noteNameless(newestKid: string): Promise<void> {
    const readAt = clock.now()
    isOwed = true
    if (!(await store.note({ id: '', newestKid, readAt }).catch(() => false))) return
    namelessAt = readAt
    isOwed = false
  }

  function noteOnce(newestKid: string): Promise<void> {
    noting ??= noteNameless(newestKid).finally(() => {
      noting = undefined
    })
    return noting
  }

  return {
    async note(name) {
      const newestKid = keys.jwks().keys.at(-1)?.kid
      // JWT_SECRET signs: there are no keys to be read.
      if (newestKid === undefined) return true
      const isNamed = name !== undefined && nameShape.test(name) && underWay < mostAtOnce
      if (isNamed && (await within(patienceMs, noteNamed(name, newestKid)))) return true
      if (namelessAt !== undefined && isRecent(namelessAt, clock.now())) return true
      // While the store is away nobody waits for it: `catchUp` asks again.
      if (isOwed && !noting) return false
      await within(patienceMs, noteOnce(newestKid))
      return !isOwed
    },

    async catchUp() {
      const newestKid = keys.jwks().keys.at(-1)?.kid
      if (isOwed && newestKid !== undefined) await noteOnce(newestKid)
    },
  }
}

/** Random for each process that reads. */
const nameShape = /^[\w-]{16,64}$/

/** A clock that went back makes nothing recent. */
function isRecent(readAt: number, now: number): boolean {
  return now >= readAt && now - readAt < noteEveryMs
}

/** `undefined` when it takes longer; it goes on then. */
async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined)
  })
  try {
    return await Promise.race([work, patience])
  } finally {
    clearTimeout(timer)
  }
}
