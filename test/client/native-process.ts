/** One of several processes of a command line that share a refresh token: `node native-process.ts <auth url> <file> <renewals>`. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { createClient } from '../../client/src/index.ts'
import { nativeStorage, type TokenStore } from '../../client/src/native.ts'

/** A store that is shared through one row of a file, and says by the number of changed rows who won. */
export function openFileStore(file: string): TokenStore & { close(): void } {
  const database = new DatabaseSync(file)
  database.exec('pragma busy_timeout = 5000; create table if not exists kept (token text)')
  database.exec('insert into kept select null where not exists (select 1 from kept)')
  return {
    read: async () => database.prepare('select token from kept').get()?.token as string | null,
    replace: async (expected, next) =>
      database.prepare('update kept set token = ? where token is ?').run(next, expected).changes === 1,
    close: () => database.close(),
  }
}

if (import.meta.main) {
  const [url = '', file = '', renewals = '1'] = process.argv.slice(2)
  const store = openFileStore(file)
  // One of five answers is lost after the server has given it.
  const lossy: typeof fetch = async (...request) => {
    const reply = await fetch(...request)
    if (Math.random() > 0.2) return reply
    throw new TypeError('the answer was lost')
  }
  for (let done = 0; done < Number(renewals); done++) {
    // Each a client of its own, as each run of a command is.
    const auth = createClient({ url, storage: nativeStorage(store), fetch: lossy })
    const outcome = await auth.token().then(
      () => 'renewed',
      (error) => `${error.kind} ${error.code}`,
    )
    console.log(`${outcome} ${auth.state.stage}`)
    auth.dispose()
    await setTimeout(Math.random() * 20)
  }
  store.close()
}
