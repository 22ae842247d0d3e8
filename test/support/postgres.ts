/**
 * Real Postgres for tests. One server a run is shared by all files (`sharedPostgres`), with a fresh database for each
 * who asks; fault tests start one of their own, which they may stop, kill and freeze (`startPostgres`).
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { endWithThisProcess, exitOf, signalTree, temporaryDirectory } from './child-processes.ts'
import { freePort } from './ports.ts'
import {
  findPostgresPrograms,
  type PostgresPrograms,
  postgresUser,
  type UserIds,
} from './postgres-programs.ts'
import { eventually, missingService } from './services.ts'

export type Postgres = {
  /** The role is an ordinary one (CREATEDB, no superuser), as in production. */
  url(database?: string): string
  /** The URL of a fresh, empty database. */
  createDatabase(): Promise<string>
  dropDatabase(url: string): Promise<void>
}

export type PostgresServer = Postgres & {
  port: number
  /** Fast shutdown: connections are cut, everything is written. */
  stop(): Promise<void>
  /** kill -9 of the server and all its backends. */
  stopHard(): Promise<void>
  /** Again on the same port and data, after `stop` or `stopHard`. */
  start(): Promise<void>
  /** SIGSTOP to all: connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
  /** Runs one statement as superuser, for example pg_terminate_backend. */
  admin(statement: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export type PostgresOptions = {
  /** Off only where speed counts more than surviving a power cut: `stopHard` is safe either way. */
  fsync?: boolean
  /** Further settings, such as `{ default_transaction_isolation: 'serializable' }`. */
  settings?: Record<string, string>
}

/** False, or the reason to skip tests on Postgres; usable as the `skip` option of a suite. Throws under CI=true. */
export function postgresMissing(): string | false {
  if (process.env.TEST_DATABASE_URL || findPostgresPrograms()) return false
  return missingService('Postgres', 'set TEST_DATABASE_URL, or install postgresql')
}

let ownServer: Promise<Postgres> | undefined

/** The server of TEST_DATABASE_URL, which global-setup.ts sets for a whole run; a file run alone starts its own. */
export function sharedPostgres(): Promise<Postgres> {
  const url = process.env.TEST_DATABASE_URL
  if (url) return Promise.resolve(databasesOf(url))
  ownServer ??= startPostgres({ fsync: false })
  return ownServer
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const programs = findPostgresPrograms()
  if (!programs) throw new Error('No Postgres programs here: install postgresql')
  const user = postgresUser()
  const directory = temporaryDirectory('postgres')
  if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  await createCluster(programs, data, user)
  const port = await freePort()
  const server = controls({ programs, data, user, port, options })
  await server.start()
  await server.admin(`create role sallyport login createdb password 'sallyport'`)
  return { ...databasesOf(`postgres://sallyport:sallyport@127.0.0.1:${port}/postgres`), port, ...server }
}

async function createCluster(programs: PostgresPrograms, data: string, user: UserIds): Promise<void> {
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  await promisify(execFile)(programs.initdb, ['-D', data, ...flags], { ...user, cwd: '/' })
}

type Cluster = {
  programs: PostgresPrograms
  data: string
  user: UserIds
  port: number
  options: PostgresOptions
}

function controls(cluster: Cluster): Omit<PostgresServer, keyof Postgres | 'port'> {
  let child: ChildProcess | undefined
  const adminUrl = `postgres://postgres@127.0.0.1:${cluster.port}/postgres`

  async function end(signal: (pid: number) => void): Promise<void> {
    if (child?.pid === undefined) return
    const exit = exitOf(child)
    signal(child.pid)
    await exit
    child = undefined
  }
  const stopHard = () => end((pid) => signalTree(pid, 'SIGKILL'))

  return {
    async start() {
      child = await launch(cluster, adminUrl)
    },
    stop: () => end((pid) => process.kill(pid, 'SIGINT')),
    stopHard,
    freeze() {
      if (child?.pid !== undefined) signalTree(child.pid, 'SIGSTOP')
    },
    thaw() {
      if (child?.pid !== undefined) signalTree(child.pid, 'SIGCONT')
    },
    admin: (statement) => query(adminUrl, statement),
    close: stopHard,
  }
}

async function launch(
  { programs, data, user, port, options }: Cluster,
  adminUrl: string,
): Promise<ChildProcess> {
  const fsync = options.fsync === false ? 'off' : 'on'
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    shared_buffers: '64MB',
    fsync,
    full_page_writes: fsync,
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(programs.postgres, ['-D', data, ...flags], {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  endWithThisProcess(child)
  child.unref()
  let log = ''
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-4_000)
  })
  ;(child.stderr as unknown as { unref(): void }).unref()
  const giveUp = () =>
    child.exitCode === null ? undefined : new Error(`Postgres ended at its start:\n${log}`)
  await eventually(() => query(adminUrl, 'select 1'), { withinMs: 30_000, giveUp })
  return child
}

function databasesOf(url: string): Postgres {
  const urlOf = (database = 'postgres') => Object.assign(new URL(url), { pathname: `/${database}` }).href
  return {
    url: urlOf,
    async createDatabase() {
      const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
      await query(url, `create database ${name}`)
      return urlOf(name)
    },
    async dropDatabase(databaseUrl) {
      const statement = `drop database if exists ${new URL(databaseUrl).pathname.slice(1)} with (force)`
      // A worker of autovacuum that looks in at this moment is not ours to end (42501); it goes by itself.
      for (let attempt = 1; ; attempt++) {
        try {
          return void (await query(url, statement))
        } catch (reason) {
          if ((reason as { code?: string }).code !== '42501' || attempt === 20) throw reason
          await sleep(100)
        }
      }
    },
  }
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(statement)).rows
  } finally {
    await client.end().catch(() => {})
  }
}
