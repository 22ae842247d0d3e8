import type { Settings } from './config/settings.ts'
import type { Database } from './stores/database.ts'
import {
  createMemoryLimits,
  createRedisLimits,
  type Limits,
  noLimits,
  openPostgresLimits,
} from './stores/limits.ts'
import { createLiveSessions, type LiveSessions } from './stores/live-sessions.ts'
import { migrate } from './stores/migrations/migrations.ts'
import { openRedis, type Redis } from './stores/redis.ts'
import { lockStore } from './stores/store-lock.ts'
import { createStores, openDatabase, type Stores } from './stores/stores.ts'

export type OpenedStores = {
  stores: Stores
  live: LiveSessions
  limits: Limits
  /** Names of the dependencies that don't answer. */
  failing: () => Promise<string[]>
  close: () => Promise<void>
}

/** Another server holds the embedded store. */
export class StoreTaken extends Error {}

/** Opens and migrates what the settings name. */
export async function openStores(
  settings: Settings,
  auditKeys: [Buffer, ...Buffer[]],
  onFault: (reason: unknown) => void,
): Promise<OpenedStores> {
  const database = openDatabase(settings.database, { sync: settings.databaseSync, onFault })
  const unlock = settings.database.kind === 'embedded' ? takeLock(settings.database.directory) : () => {}
  try {
    await migrate(database)
    const redis = settings.redisUrl === undefined ? undefined : await openRedis(settings.redisUrl, onFault)
    const limits = await openLimits(settings, redis, onFault)
    return {
      stores: createStores(database, auditKeys),
      live: createLiveSessions({ database, redis, idleTtlMs: settings.sessionIdleTtlMs, onFault }),
      limits,
      failing: () => findFailing(database, redis),
      async close() {
        await limits.close()
        await redis?.close()
        await database.close()
        unlock()
      },
    }
  } catch (reason) {
    await database.close()
    unlock()
    throw reason
  }
}

async function findFailing(database: Database, redis: Redis | undefined): Promise<string[]> {
  const [sql, pong] = await Promise.all([
    database.read('select 1 as one').then(
      () => true,
      () => false,
    ),
    redis ? redis.ask((commands) => commands.get('sallyport:ping')) : {},
  ])
  return [...(sql ? [] : ['store']), ...(pong ? [] : ['redis'])]
}

function takeLock(directory: string): () => void {
  const unlock = lockStore(directory)
  if (unlock) return unlock
  throw new StoreTaken(
    `Another server uses the embedded store in ${directory}. Stop it, set another DATA_DIR, or use Postgres (DATABASE_URL) for more than one process.`,
  )
}

async function openLimits(
  settings: Settings,
  redis: Redis | undefined,
  onFault: (reason: unknown) => void,
): Promise<Limits> {
  if (!settings.rateLimits) return noLimits
  const { database } = settings
  const limits =
    database.kind === 'postgres' ? await openPostgresLimits(database.url, onFault) : createMemoryLimits()
  return redis ? createRedisLimits(redis, limits) : limits
}
