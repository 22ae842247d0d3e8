/** Real Redis (or Valkey) for tests: it starts in some 20 ms, so each file that wants one starts its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createClient } from 'redis'
import { endWithThisProcess, exitOf, signalTree, temporaryDirectory } from './child-processes.ts'
import { freePort } from './ports.ts'
import { eventually, findProgram, missingService } from './services.ts'

export type Redis = {
  url: string
  /** Everything in this database is gone (FLUSHDB). */
  flush(): Promise<void>
  /** Any command, as in redis-cli: `command('DEBUG', 'SLEEP', '2')`. */
  command(...words: string[]): Promise<unknown>
  close(): Promise<void>
}

export type RedisServer = Redis & {
  port: number
  /** Ends it; nothing is kept on disk, so the next `start` finds it empty. */
  stop(): Promise<void>
  start(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
}

/** False, or the reason to skip tests on Redis; usable as the `skip` option of a suite. Throws under CI=true. */
export function redisMissing(): string | false {
  return process.env.TEST_REDIS_URL ? false : redisServerMissing()
}

/** The same for tests that stop, freeze or configure a server of their own: TEST_REDIS_URL does not serve them. */
export function redisServerMissing(): string | false {
  if (redisProgram()) return false
  return missingService('Redis', 'install redis-server (or valkey), or set TEST_REDIS_URL')
}

/** An empty database: of TEST_REDIS_URL where that is set, else on a fresh server. */
export async function openRedisDatabase(): Promise<Redis> {
  const shared = process.env.TEST_REDIS_URL
  if (!shared) return startRedis()
  const redis = commandsOf(await nextDatabaseOf(shared))
  await redis.flush()
  return { ...redis, close: redis.flush }
}

/** @param settings as in redis.conf: `{ 'maxmemory-policy': 'allkeys-lru' }` */
export async function startRedis(settings: Record<string, string> = {}): Promise<RedisServer> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const started = await startRedisProcess(port, [
    ...['--port', String(port), '--save', '', '--appendonly', 'no', '--databases', '64'],
    ...flags,
  ])
  return { ...commandsOf(url), ...started }
}

/** Starts redis-server on this port with these arguments, and waits until it answers. */
export async function startRedisProcess(
  port: number,
  args: string[],
): Promise<Omit<RedisServer, 'url' | 'flush' | 'command'>> {
  const directory = temporaryDirectory('redis')
  let child: ChildProcess | undefined

  async function stop(): Promise<void> {
    if (!child) return
    const exit = exitOf(child)
    child.kill('SIGKILL')
    await exit
    child = undefined
  }

  const server = {
    port,
    stop,
    async start() {
      child = await launch(port, args, directory)
    },
    freeze() {
      if (child?.pid !== undefined) signalTree(child.pid, 'SIGSTOP')
    },
    thaw() {
      if (child?.pid !== undefined) signalTree(child.pid, 'SIGCONT')
    },
    close: stop,
  }
  await server.start()
  return server
}

async function launch(port: number, args: string[], directory: string): Promise<ChildProcess> {
  const program = redisProgram()
  if (!program) throw new Error('No Redis program here: install redis-server')
  // Sentinel takes its configuration file as the first argument, so what belongs to all follows.
  const flags = [...args, '--bind', '127.0.0.1', '--dir', directory]
  const child = spawn(program, flags, { stdio: ['ignore', 'pipe', 'ignore'] })
  endWithThisProcess(child)
  child.unref()
  let log = ''
  child.stdout.on('data', (chunk) => {
    log = (log + chunk).slice(-4_000)
  })
  ;(child.stdout as unknown as { unref(): void }).unref()
  const giveUp = () => (child.exitCode === null ? undefined : new Error(`Redis ended at its start:\n${log}`))
  await eventually(() => command(`redis://127.0.0.1:${port}`, ['PING']), { giveUp })
  return child
}

export function commandsOf(url: string): Pick<Redis, 'url' | 'flush' | 'command'> {
  return {
    url,
    async flush() {
      await command(url, ['FLUSHDB'])
    },
    command: (...words) => command(url, words),
  }
}

async function command(url: string, words: string[]): Promise<unknown> {
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}

/** Test files run beside each other: each takes the next database number of a server that it doesn't own. */
async function nextDatabaseOf(url: string): Promise<string> {
  const setting = (await command(url, ['CONFIG', 'GET', 'databases'])) as Record<string, string> | string[]
  const databases = Number(Array.isArray(setting) ? setting[1] : setting.databases)
  const turn = Number(await command(url, ['INCR', 'sallyport-tests:databases']))
  return Object.assign(new URL(url), { pathname: `/${1 + (turn % (databases - 1))}` }).href
}

function redisProgram(): string | undefined {
  return findProgram(['redis-server', 'valkey-server'], ['/usr/sbin', '/usr/local/sbin'])
}
