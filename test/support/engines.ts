/**
 * The stores that every contract suite runs on, always:
 *
 *     for (const engine of engines) describe(engine.name, { skip: engine.missing() }, () => { ... engine.open() ... })
 */
import { rmSync } from 'node:fs'
import type { DatabaseChoice } from '../../src/stores/stores.ts'
import { temporaryDirectory } from './child-processes.ts'
import { postgresMissing, sharedPostgres } from './postgres.ts'
import { openRedisDatabase, redisMissing } from './redis.ts'

/** Where a fresh, empty store is, for `openDatabase` and as the settings of a server process. */
export type OpenedEngine = {
  database: DatabaseChoice
  redisUrl?: string
  /** DATA_DIR, DATABASE_URL and REDIS_URL, as far as they apply. */
  env: Record<string, string>
  cleanUp(): Promise<void>
}

export type Engine = {
  name: string
  /** The `skip` option of the suite: false, or the reason. */
  missing(): string | false
  open(): Promise<OpenedEngine>
}

/** Gone with its process; for scenarios that are about anything but the store. */
export const memory: Engine = {
  name: 'memory',
  missing: () => false,
  async open() {
    return { database: { kind: 'memory' }, env: { DATABASE_URL: 'memory:' }, cleanUp: async () => {} }
  },
}

export const embedded: Engine = {
  name: 'embedded',
  missing: () => false,
  async open() {
    const directory = temporaryDirectory('data')
    return {
      database: { kind: 'embedded', directory },
      env: { DATA_DIR: directory },
      cleanUp: async () => rmSync(directory, { recursive: true, force: true }),
    }
  },
}

export const postgres: Engine = {
  name: 'postgres',
  missing: postgresMissing,
  async open() {
    const server = await sharedPostgres()
    const url = await server.createDatabase()
    return {
      database: { kind: 'postgres', url },
      env: { DATABASE_URL: url },
      cleanUp: () => server.dropDatabase(url),
    }
  },
}

export const postgresWithRedis: Engine = {
  name: 'postgres + redis',
  missing: () => postgresMissing() || redisMissing(),
  async open() {
    const [sql, redis] = await Promise.all([postgres.open(), openRedisDatabase()])
    return {
      database: sql.database,
      redisUrl: redis.url,
      env: { ...sql.env, REDIS_URL: redis.url },
      async cleanUp() {
        await Promise.all([sql.cleanUp(), redis.close()])
      },
    }
  },
}

/** The two engines of the SQL store. */
export const engines: Engine[] = [embedded, postgres]

/** What a server is deployed on: for black-box suites, races and attacks. */
export const deployments: Engine[] = [embedded, postgres, postgresWithRedis]
