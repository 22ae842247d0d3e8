/** LiveSessions, over SQL alone and with Redis: SQL says who is alive, a Redis that fails costs data at most (D9, I4). */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createLiveSessions, type LiveSession, type LiveSessions } from '../../src/stores/live-sessions.ts'
import { openRedis, type Redis } from '../../src/stores/redis.ts'
import { hashSecret } from '../../src/utils/secret.ts'
import { embedded, type OpenedEngine, postgres } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'
import { type RedisServer, redisServerMissing, startRedis } from '../support/redis.ts'
import { eventually } from '../support/services.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

const idleTtlMs = 1_000_000
const hash = hashSecret('the secret of a session')
const minute = 60_000

for (const [name, engine, hasRedis] of [
  ['embedded', embedded, false],
  ['postgres', postgres, false],
  ['embedded + redis', embedded, true],
  ['postgres + redis', postgres, true],
] as const) {
  const missing = engine.missing() || (hasRedis && redisServerMissing())
  describe(`live sessions, ${name}`, { skip: missing }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    let server: RedisServer | undefined
    let redis: Redis | undefined
    let live: LiveSessions
    const load = async (): Promise<LiveSession> => {
      const found = await live.load(hash)
      assert.ok(found)
      return found
    }
    const end = () => stores.atomically(({ sessions }) => sessions.end('ses', 'logged_out', 5))

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
      await stores.atomically(({ accounts }) =>
        accounts.create({ id: 'ada', email: 'ada@example.test', passwordHash: '-', now: 1 }),
      )
      server = hasRedis ? await startRedis() : undefined
    })
    beforeEach(async () => {
      await server?.flush()
      redis = server && (await openRedis(server.url, () => {}))
      live = createLiveSessions({ database: stores.database, redis, idleTtlMs, onFault: () => {} })
      await stores.database.atomically(({ run }) => run('delete from sessions'))
      await stores.atomically(({ sessions }) =>
        sessions.open({
          id: 'ses',
          secretHash: hash,
          accountId: 'ada',
          stage: 'verified',
          challengeId: null,
          flowId: 'flow',
          amr: ['pwd', 'otp'],
          authTime: 0,
          device: 'a test',
          address: '127.0.0.1',
          now: 0,
          idleExpiresAt: idleTtlMs,
          expiresAt: 10 * idleTtlMs,
        }),
      )
    })
    afterEach(() => redis?.close())
    after(async () => {
      await server?.close()
      await stores.close()
      await opened.cleanUp()
    })

    it('load what SQL has, and nothing else', async () => {
      const { sqlIdleExpiresAt, ...stored } = await load()
      assert.deepEqual(stored, await stores.read.sessions.find('ses'))
      assert.equal(sqlIdleExpiresAt, stored.idleExpiresAt)
      assert.equal(await live.load(hashSecret('another')), undefined)
    })

    it('move the idle limit on, in SQL at the latest after a quarter of it', async () => {
      live.touch(hash, await load(), 300_000)
      await live.flush()
      assert.equal((await stores.read.sessions.find('ses'))?.idleExpiresAt, 1_300_000)
      assert.equal((await load()).lastSeenAt, 300_000)
    })

    it('do not write for each request', async () => {
      live.touch(hash, await load(), 10_000)
      await live.flush()
      assert.equal((await stores.read.sessions.find('ses'))?.lastSeenAt, 0)
    })

    it('do not move the idle limit of a session that ended meanwhile', async () => {
      const session = await load()
      await end()
      live.touch(hash, session, 300_000)
      await live.flush()
      assert.equal((await stores.read.sessions.find('ses'))?.idleExpiresAt, idleTtlMs)
      assert.equal((await load()).endedBecause, 'logged_out')
    })

    it('keep data, and give it back to every process', async () => {
      await live.keepData(hash, '{"cart":["tea"]}', 10)
      assert.equal((await load()).data, '{"cart":["tea"]}')
      const other = createLiveSessions({ database: stores.database, redis, idleTtlMs, onFault: () => {} })
      assert.equal((await other.load(hash))?.data, '{"cart":["tea"]}')
    })

    it('D6: keep nothing for a session that has ended', async () => {
      await end()
      await live.keepData(hash, '{"cart":["tea"]}', 10)
      const session = await load()
      assert.deepEqual([session.data, session.endedBecause], ['{}', 'logged_out'])
    })

    it('keep nothing for a session that never was', async () => {
      await live.keepData(hashSecret('another'), '{"cart":["tea"]}', 10)
      assert.equal(await live.load(hashSecret('another')), undefined)
    })

    it('keep data that was saved while an older request only came by', async () => {
      const older = await load()
      await live.keepData(hash, '{"cart":["tea"]}', 2 * minute)
      live.touch(hash, older, 2 * minute + 1)
      await live.flush()
      await new Promise((resume) => setTimeout(resume, 50))
      assert.equal((await load()).data, '{"cart":["tea"]}')
    })

    it('show the end of a session in the next load', async () => {
      await live.keepData(hash, '{"cart":["tea"]}', 10)
      live.touch(hash, await load(), 300_000)
      await end()
      assert.equal((await load()).endedBecause, 'logged_out')
    })
  })
}

describe('live sessions whose Redis fails', { skip: redisServerMissing() }, () => {
  const open = async (t: { after(done: () => Promise<void>): void }) => {
    const opened = await embedded.open()
    const stores = await openTestStores(opened.database)
    const server = await startRedis()
    const redis = await openRedis(server.url, () => {})
    const live = createLiveSessions({ database: stores.database, redis, idleTtlMs, onFault: () => {} })
    t.after(async () => {
      server.thaw()
      await redis.close()
      await server.close()
      await stores.close()
      await opened.cleanUp()
    })
    await stores.atomically(async ({ accounts, sessions }) => {
      await accounts.create({ id: 'ada', email: 'ada@example.test', passwordHash: '-', now: 1 })
      await sessions.open({
        id: 'ses',
        secretHash: hash,
        accountId: 'ada',
        stage: 'verified',
        challengeId: null,
        flowId: 'flow',
        amr: ['pwd', 'otp'],
        authTime: 0,
        device: 'a test',
        address: '127.0.0.1',
        now: 0,
        idleExpiresAt: idleTtlMs,
        expiresAt: 10 * idleTtlMs,
      })
    })
    return { stores, server, redis, live }
  }

  it('F-REDIS-01: flushed: the session goes on, an ended one stays ended', async (t) => {
    const { live, server, stores } = await open(t)
    await live.keepData(hash, '{"cart":1}', 10)
    await server.flush()
    assert.equal((await live.load(hash))?.endedAt, null)
    await stores.atomically(({ sessions }) => sessions.end('ses', 'logged_out', 20))
    await server.flush()
    assert.equal((await live.load(hash))?.endedBecause, 'logged_out')
  })

  for (const [fault, strike, heal] of [
    ['stopped', 'stop', 'start'],
    ['frozen', 'freeze', 'thaw'],
  ] as const) {
    it(`F-REDIS-03: ${fault}: the session goes on, data goes to SQL, and the newer data wins when Redis is back`, async (t) => {
      const { live, server, redis, stores } = await open(t)
      await live.keepData(hash, '{"cart":"old"}', 10)

      await server[strike]()
      const startedAt = performance.now()
      assert.equal((await live.load(hash))?.endedAt, null)
      await live.keepData(hash, '{"cart":"new"}', 20)
      assert.ok(performance.now() - startedAt < 1_000, 'slow')
      assert.equal((await live.load(hash))?.data, '{"cart":"new"}')
      assert.equal((await stores.read.sessions.find('ses'))?.data, '{"cart":"new"}')

      await server[heal]()
      await eventually(async () => assert.ok(await redis.ask((commands) => commands.get('nothing'))), {
        withinMs: 5_000,
        everyMs: 100,
      })
      assert.equal((await live.load(hash))?.data, '{"cart":"new"}')
    })

    it(`F-REDIS-03: ${fault}: a session that ends meanwhile is ended, then and afterwards`, async (t) => {
      const { live, server, redis, stores } = await open(t)
      await live.keepData(hash, '{"cart":"old"}', 10)
      await server[strike]()
      await stores.atomically(({ sessions }) => sessions.end('ses', 'revoked', 20))
      assert.equal((await live.load(hash))?.endedBecause, 'revoked')
      await server[heal]()
      await eventually(async () => assert.ok(await redis.ask((commands) => commands.get('nothing'))), {
        withinMs: 5_000,
        everyMs: 100,
      })
      assert.equal((await live.load(hash))?.endedBecause, 'revoked')
    })
  }
})
