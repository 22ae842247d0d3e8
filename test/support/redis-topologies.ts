/** A one-node Redis Cluster and a Sentinel group, small enough for each test file to start its own. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from './child-processes.ts'
import { freePort } from './ports.ts'
import { commandsOf, type Redis, type RedisServer, startRedis, startRedisProcess } from './redis.ts'
import { eventually } from './services.ts'

/** `url` is `redis+cluster://host:port`. The one node holds all slots. */
export async function startRedisCluster(): Promise<RedisServer> {
  const node = await startRedis({
    'cluster-enabled': 'yes',
    'cluster-announce-ip': '127.0.0.1',
    databases: '1',
  })
  await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await eventually(async () => {
    const info = String(await node.command('CLUSTER', 'INFO'))
    if (!info.includes('cluster_state:ok')) throw new Error(`The cluster does not become ready:\n${info}`)
  })
  return { ...node, url: `redis+cluster://127.0.0.1:${node.port}` }
}

export type RedisSentinel = Pick<Redis, 'url' | 'close'> & {
  /** Where the master was at the start, and where the replica that replaces it. */
  master: RedisServer
  replica: RedisServer
  /** The port of the master that the sentinel names now. */
  masterPort(): Promise<number>
}

/**
 * A master, a replica and one sentinel with quorum 1, which promotes the replica about two seconds after
 * `master.stop()` or `master.freeze()`. `url` is `redis+sentinel://host:port/gate`.
 */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const master = await startRedis({ 'repl-diskless-sync-delay': '0' })
  const replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}` })
  await eventually(async () => {
    const link = String(await replica.command('INFO', 'replication'))
    if (!link.includes('master_link_status:up')) throw new Error('The replica does not reach its master')
  })
  const port = await freePort()
  const file = join(temporaryDirectory('sentinel'), 'sentinel.conf')
  writeFileSync(file, sentinelSettings(master.port).join('\n'))
  const process = await startRedisProcess(port, [file, '--sentinel', '--port', String(port)])
  const sentinel = commandsOf(`redis://127.0.0.1:${port}`)
  await eventually(async () => {
    const replicas = (await sentinel.command('SENTINEL', 'REPLICAS', 'gate')) as unknown[]
    if (replicas.length === 0) throw new Error('The sentinel does not find the replica')
  })

  return {
    url: `redis+sentinel://127.0.0.1:${port}/gate`,
    master,
    replica,
    async masterPort() {
      const [, current] = (await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'gate')) as string[]
      return Number(current)
    },
    async close() {
      await Promise.all([process.close(), replica.close(), master.close()])
    },
  }
}

function sentinelSettings(masterPort: number): string[] {
  return [
    `sentinel monitor gate 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds gate 500',
    'sentinel failover-timeout gate 3000',
    'sentinel parallel-syncs gate 1',
  ]
}
