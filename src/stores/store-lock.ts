import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Keeps a second server off the same embedded store. The lock is SQLite's own on a file beside it: the system drops it when
 * the process ends, however it ends, so nothing has to be cleaned up after a kill.
 *
 * @returns release, or `undefined` when another server holds it
 */
export function lockStore(directory: string): (() => void) | undefined {
  const lock = new DatabaseSync(join(directory, 'server.lock'))
  try {
    lock.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; begin exclusive')
    return () => lock.close()
  } catch {
    lock.close()
    return undefined
  }
}
