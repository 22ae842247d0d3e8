import { BoundedMap } from '../utils/bounded-map.ts'

/** The few commands that we use, the same on one node, Cluster and Sentinel. */
export interface RedisCommands {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: { PX: number }): Promise<unknown>
}

export type Redis = {
  commands: RedisCommands
  /**
   * Asks Redis, for 300 ms at most. After a failure it isn't asked for a second: a slow Redis costs one request, not all.
   * `undefined` means "no answer": every caller has a way without Redis, and none of them is "let it pass" (F-REDIS-03).
   */
  ask<Answer>(question: (commands: RedisCommands) => Promise<Answer>): Promise<{ answer: Answer } | undefined>
  ready(): boolean
  close(): Promise<void>
}

const patienceMs = 300
const pauseMs = 1_000

/**
 * @param url `redis://`, `rediss://`, `redis+cluster://host:port,host:port`, `redis+sentinel://host:port,host:port/master-name`
 *   (and `rediss+...` with TLS), each with `user:password@` before the first host
 */
export async function openRedis(url: string, onFault: (reason: unknown) => void): Promise<Redis> {
  const client = await connect(url, onFault)
  let silentUntil = 0
  return {
    commands: client,
    ready: () => Date.now() >= silentUntil,
    async ask(question) {
      if (Date.now() < silentUntil) return undefined
      try {
        return { answer: await within(patienceMs, question(client)) }
      } catch (reason) {
        silentUntil = Date.now() + pauseMs
        onFault(reason)
        return undefined
      }
    },
    close: async () => client.destroy(),
  }
}

type Client = RedisCommands & { destroy(): void }

async function connect(url: string, onFault: (reason: unknown) => void): Promise<Client> {
  const redis = await import('redis')
  const { kind, nodes, username, password, tls, path } = parseRedisUrl(url)
  const socket = {
    connectTimeout: 2_000,
    reconnectStrategy: (retries: number) => Math.min(100 * 2 ** retries, 1_000),
    ...(tls ? { tls: true as const } : {}),
  }
  const credentials = { ...(username ? { username } : {}), ...(password ? { password } : {}) }
  const shared = { socket, disableOfflineQueue: true, ...credentials }
  const client =
    kind === 'cluster'
      ? redis.createCluster({
          rootNodes: nodes.map((node) => ({ socket: { ...socket, ...node } })),
          defaults: shared,
        })
      : kind === 'sentinel'
        ? redis.createSentinel({ name: path, sentinelRootNodes: nodes, nodeClientOptions: shared })
        : redis.createClient({ ...shared, url })
  client.on('error', throttled(onFault))
  // Redis may be down while we start: everything here works without it, and the client goes on trying.
  const connected: Promise<unknown> = client.connect()
  connected.catch(onFault)
  await within(2_000, connected).catch(() => undefined)
  return client as unknown as Client
}

/** A Redis that is down reports an error at each attempt to connect: one line in ten seconds says as much. */
function throttled(onFault: (reason: unknown) => void): (reason: unknown) => void {
  const seen = new BoundedMap<string, number>(50)
  return (reason) => {
    const text = String((reason as Error).message)
    if (Date.now() - (seen.get(text) ?? 0) < 10_000) return
    seen.set(text, Date.now())
    onFault(reason)
  }
}

type RedisTarget = {
  kind: 'single' | 'cluster' | 'sentinel'
  nodes: { host: string; port: number }[]
  username?: string | undefined
  password?: string | undefined
  tls: boolean
  path: string
}

/** Reads the URL forms above; WHATWG URLs know one host only, so the list is split by hand. */
export function parseRedisUrl(url: string): RedisTarget {
  const match = /^(rediss?)(?:\+(cluster|sentinel))?:\/\/(?:([^@/]*)@)?([^/?]+)(?:\/([^?]*))?/.exec(url)
  if (!match) throw new Error('REDIS_URL cannot be read')
  const [, scheme, topology, login, hosts = '', path = ''] = match
  const [username, ...rest] = (login ?? '').split(':').map(decode)
  return {
    kind: (topology as 'cluster' | 'sentinel' | undefined) ?? 'single',
    nodes: hosts.split(',').map((host) => {
      const at = /^(.*?)(?::(\d+))?$/.exec(host)
      return {
        host: (at?.[1] ?? host).replace(/^\[|\]$/g, ''),
        port: Number(at?.[2] ?? (topology === 'sentinel' ? 26379 : 6379)),
      }
    }),
    username: username || undefined,
    password: rest.join(':') || undefined,
    tls: scheme === 'rediss',
    path,
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('REDIS_URL cannot be read: write a % in its name or password as %25')
  }
}

async function within<Answer>(milliseconds: number, promise: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Redis did not answer within ${milliseconds} ms`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
