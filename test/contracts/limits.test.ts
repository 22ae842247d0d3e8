/** The Limits contract: exactly so many pass, wherever they are counted, and none is skipped when a store fails (I4). */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import {
  createMemoryLimits,
  createRedisLimits,
  type LimitRule,
  type Limits,
  openPostgresLimits,
} from '../../src/stores/limits.ts'
import { openRedis } from '../../src/stores/redis.ts'
import { type OpenedEngine, postgres } from '../support/engines.ts'
import { openRedisDatabase, redisMissing, redisServerMissing, startRedis } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-topologies.ts'
import { eventually } from '../support/services.ts'

type Subject = {
  limits: Limits /** The same limits in another process. */
  other: Limits
  close(): Promise<void>
}

const quiet = () => {}

const subjects: { name: string; missing: () => string | false; open: () => Promise<Subject> }[] = [
  {
    name: 'memory',
    missing: () => false,
    async open() {
      const limits = createMemoryLimits()
      return { limits, other: limits, close: () => limits.close() }
    },
  },
  {
    name: 'postgres',
    missing: postgres.missing,
    async open() {
      const opened = await postgres.open()
      const [limits, other] = await Promise.all([openOnPostgres(opened), openOnPostgres(opened)])
      return {
        limits,
        other,
        async close() {
          await Promise.all([limits.close(), other.close()])
          await opened.cleanUp()
        },
      }
    },
  },
  { name: 'redis', missing: redisMissing, open: () => openOnRedis(openRedisDatabase) },
  { name: 'redis cluster', missing: redisServerMissing, open: () => openOnRedis(startRedisCluster) },
]

function openOnPostgres({ database }: OpenedEngine): Promise<Limits> {
  return openPostgresLimits(database.kind === 'postgres' ? database.url : '', quiet)
}

async function openOnRedis(start: () => Promise<{ url: string; close(): Promise<void> }>): Promise<Subject> {
  const server = await start()
  const [redis, again] = await Promise.all([openRedis(server.url, quiet), openRedis(server.url, quiet)])
  return {
    limits: createRedisLimits(redis, refusing),
    other: createRedisLimits(again, refusing),
    async close() {
      await Promise.all([redis.close(), again.close()])
      await server.close()
    },
  }
}

/** Where Redis answers, nobody falls back. */
const refusing: Limits = {
  consume: () => Promise.reject(new Error('fell back')),
  refund: () => Promise.reject(new Error('fell back')),
  close: async () => {},
}

for (const subject of subjects) {
  describe(`limits, ${subject.name}`, { skip: subject.missing() }, () => {
    let opened: Subject
    const rule = (points: number, windowSeconds = 60): LimitRule => ({
      name: randomUUID(),
      points,
      windowSeconds,
    })
    before(async () => {
      opened = await subject.open()
    })
    after(() => opened.close())

    it('A-RACE-13: let exactly 100 of 200 at once through, over two processes', async () => {
      const hundred = rule(100)
      const verdicts = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          (index % 2 === 0 ? opened.limits : opened.other).consume(hundred, 'key'),
        ),
      )
      assert.equal(verdicts.filter(({ allowed }) => allowed).length, 100)
    })

    it('tell what remains and when it begins again', async () => {
      const three = rule(3, 60)
      const verdicts = []
      for (let turn = 0; turn < 4; turn++) verdicts.push(await opened.limits.consume(three, 'key'))
      assert.deepEqual(
        verdicts.map(({ allowed, remaining }) => [allowed, remaining]),
        [
          [true, 2],
          [true, 1],
          [true, 0],
          [false, 0],
        ],
      )
      for (const { resetSeconds, rule: told } of verdicts) {
        assert.ok(resetSeconds >= 58 && resetSeconds <= 60, `${resetSeconds}`)
        assert.deepEqual(told, three)
      }
    })

    it('count each key and each rule by itself', async () => {
      const one = rule(1)
      assert.equal((await opened.limits.consume(one, 'ada')).allowed, true)
      assert.equal((await opened.limits.consume(one, 'ada')).allowed, false)
      assert.equal((await opened.limits.consume(one, 'bob')).allowed, true)
      assert.equal((await opened.limits.consume(rule(1), 'ada')).allowed, true)
    })

    it('begin again when the window ends', async () => {
      const one = rule(1, 1)
      assert.equal((await opened.limits.consume(one, 'key')).allowed, true)
      assert.equal((await opened.limits.consume(one, 'key')).allowed, false)
      await new Promise((resume) => setTimeout(resume, 1_100))
      assert.equal((await opened.limits.consume(one, 'key')).allowed, true)
    })

    it('take a point back', async () => {
      const one = rule(1)
      await opened.limits.consume(one, 'key')
      await opened.limits.refund(one, 'key')
      assert.equal((await opened.limits.consume(one, 'key')).allowed, true)
      assert.equal((await opened.limits.consume(one, 'key')).allowed, false)
    })

    it('do not let more than the rule has through after many refunds', async () => {
      const two = rule(2)
      for (let turn = 0; turn < 5; turn++) {
        await opened.limits.consume(two, 'key')
        await opened.limits.refund(two, 'key')
      }
      const verdicts = await Promise.all(Array.from({ length: 10 }, () => opened.limits.consume(two, 'key')))
      assert.equal(verdicts.filter(({ allowed }) => allowed).length, 2)
    })

    it('take keys of any text', async () => {
      const one = rule(1)
      for (const key of ["it's|a@b.c", 'ключ', ' ', '%00', 'x'.repeat(200)]) {
        assert.equal((await opened.limits.consume(one, key)).allowed, true)
        assert.equal((await opened.limits.consume(one, key)).allowed, false)
      }
    })
  })
}

describe('limits without their Redis', { skip: redisServerMissing() }, () => {
  for (const [fault, strike, heal] of [
    ['stopped', 'stop', 'start'],
    ['frozen', 'freeze', 'thaw'],
  ] as const) {
    it(`F-REDIS-03: ${fault}: half as many pass, none is skipped, each is quick, and it is found again`, async (t) => {
      const server = await startRedis()
      const redis = await openRedis(server.url, quiet)
      t.after(async () => {
        server.thaw()
        await redis.close()
        await server.close()
      })
      const limits = createRedisLimits(redis, createMemoryLimits())
      const ten: LimitRule = { name: 'ten', points: 10, windowSeconds: 60 }
      assert.equal((await limits.consume(ten, 'key')).allowed, true)

      await server[strike]()
      const startedAt = performance.now()
      const verdicts = await Promise.all(Array.from({ length: 200 }, () => limits.consume(ten, 'key')))
      assert.ok(performance.now() - startedAt < 1_000, 'slow')
      assert.equal(verdicts.filter(({ allowed }) => allowed).length, 5)

      await server[heal]()
      let turn = 0
      await eventually(async () => assert.equal((await limits.consume(ten, `key ${turn++}`)).remaining, 9), {
        withinMs: 5_000,
        everyMs: 300,
      })
    })
  }

  for (const [fault, ...command] of [
    ['full', 'CONFIG', 'SET', 'maxmemory', '1'],
    ['a read-only replica', 'REPLICAOF', '127.0.0.1', '1'],
  ] as const) {
    it(`F-REDIS-03: ${fault}: an error is no permission, half as many pass`, async (t) => {
      const server = await startRedis()
      const redis = await openRedis(server.url, quiet)
      t.after(async () => {
        await redis.close()
        await server.close()
      })
      await server.command(...command)
      const limits = createRedisLimits(redis, createMemoryLimits())
      const four: LimitRule = { name: 'four', points: 4, windowSeconds: 60 }
      const verdicts = await Promise.all(Array.from({ length: 20 }, () => limits.consume(four, 'key')))
      assert.equal(verdicts.filter(({ allowed }) => allowed).length, 2)
    })
  }
})

describe('limits in Postgres', { skip: postgres.missing() }, () => {
  it('open in 20 servers at once on an empty store', async () => {
    const opened = await postgres.open()
    const all = await Promise.all(Array.from({ length: 20 }, () => openOnPostgres(opened)))
    const five = { name: randomUUID(), points: 5, windowSeconds: 60 }
    const verdicts = await Promise.all(all.map((limits) => limits.consume(five, 'key')))
    assert.equal(verdicts.filter(({ allowed }) => allowed).length, 5)
    await Promise.all(all.map((limits) => limits.close()))
    await opened.cleanUp()
  })
})
