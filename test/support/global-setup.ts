/** Runs once before all test files (`node --test --test-global-setup`): the environment set here reaches each of them. */
import { postgresMissing, startPostgres } from './postgres.ts'

let stop: (() => Promise<void>) | undefined

export async function globalSetup(): Promise<void> {
  if (process.env.TEST_DATABASE_URL || postgresMissing()) return
  // Nothing here has to survive a power cut; fault tests start a server of their own, with fsync.
  const server = await startPostgres({ fsync: false })
  process.env.TEST_DATABASE_URL = server.url()
  stop = server.close
}

export async function globalTeardown(): Promise<void> {
  await stop?.()
}
