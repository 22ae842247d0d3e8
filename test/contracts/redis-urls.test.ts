/** REDIS_URL: one node, Cluster and Sentinel, in the words of the configuration. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openRedis, parseRedisUrl } from '../../src/stores/redis.ts'
import { redisServerMissing, startRedis } from '../support/redis.ts'
import { startRedisCluster, startRedisSentinel } from '../support/redis-topologies.ts'
import { eventually } from '../support/services.ts'

describe('a Redis URL', () => {
  const none = { username: undefined, password: undefined, path: '' }
  for (const [url, target] of [
    [
      'redis://localhost',
      { kind: 'single', nodes: [{ host: 'localhost', port: 6379 }], tls: false, ...none },
    ],
    [
      'rediss://cache.example:6380/2',
      { kind: 'single', nodes: [{ host: 'cache.example', port: 6380 }], tls: true, ...none, path: '2' },
    ],
    [
      'redis+cluster://a:1,b:2,c',
      {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
          { host: 'c', port: 6379 },
        ],
        tls: false,
        ...none,
      },
    ],
    [
      'rediss+sentinel://ada:p%40ss%3Aword@a,b:2/gate',
      {
        kind: 'sentinel',
        nodes: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 2 },
        ],
        tls: true,
        username: 'ada',
        password: 'p@ss:word',
        path: 'gate',
      },
    ],
    [
      'redis+cluster://:secret@10.0.0.1:7000',
      { kind: 'cluster', nodes: [{ host: '10.0.0.1', port: 7000 }], tls: false, ...none, password: 'secret' },
    ],
    [
      'redis+sentinel://[::1]:26379,[2001:db8::2]/gate',
      {
        kind: 'sentinel',
        nodes: [
          { host: '::1', port: 26379 },
          { host: '2001:db8::2', port: 26379 },
        ],
        tls: false,
        ...none,
        path: 'gate',
      },
    ],
  ] as const) {
    it(`is read: ${url}`, () => assert.deepEqual(parseRedisUrl(url), target))
  }

  for (const url of ['', 'localhost:6379', 'http://localhost', 'redis:/x', 'redis+other://a', 'redis://']) {
    it(`is refused: ${JSON.stringify(url)}`, () => assert.throws(() => parseRedisUrl(url), /cannot be read/))
  }

  it('is read as it was written, whatever is in it', () => {
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/)
    const secret = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { nil: undefined })
    const node = fc.record(
      { host: word, port: fc.integer({ min: 1, max: 65_535 }) },
      { noNullPrototype: true },
    )
    const target = fc.record(
      {
        kind: fc.constantFrom('single' as const, 'cluster' as const, 'sentinel' as const),
        nodes: fc.array(node, { minLength: 1, maxLength: 4 }),
        username: secret,
        password: secret,
        tls: fc.boolean(),
        path: fc.oneof(fc.constant(''), word),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(target, (written) => {
        const { kind, nodes, username, password, tls, path } = written
        const login = [username, password].some((part) => part !== undefined)
          ? `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password ?? '')}@`
          : ''
        const scheme = `redis${tls ? 's' : ''}${kind === 'single' ? '' : `+${kind}`}`
        const hosts = nodes.map(({ host, port }) => `${host}:${port}`).join(',')
        assert.deepEqual(parseRedisUrl(`${scheme}://${login}${hosts}${path && `/${path}`}`), written)
      }),
    )
  })

  it('says how a stray % is written', () => {
    assert.throws(() => parseRedisUrl('redis://:50%@host'), /REDIS_URL cannot be read: write a % .* as %25/)
    assert.equal(parseRedisUrl('redis://:50%25@host').password, '50%')
  })

  it('never throws anything but that it cannot be read', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (rest) => {
        try {
          parseRedisUrl(`redis://${rest}`)
        } catch (reason) {
          assert.match((reason as Error).message, /cannot be read/)
        }
      }),
    )
  })
})

for (const [name, start] of [
  ['one node', startRedis],
  ['a cluster', startRedisCluster],
  ['a sentinel group', startRedisSentinel],
] as const) {
  describe(`Redis, ${name}`, { skip: redisServerMissing() }, () => {
    it('answers the three commands that we use', async (t) => {
      const server = await start()
      const redis = await openRedis(server.url, () => {})
      t.after(async () => {
        await redis.close()
        await server.close()
      })
      assert.equal(redis.ready(), true)
      assert.deepEqual(await redis.ask(({ get }) => Promise.resolve(typeof get)), { answer: 'function' })
      assert.deepEqual(await redis.ask((commands) => commands.get('nothing')), { answer: null })
      assert.deepEqual(await redis.ask((commands) => commands.set('key', 'value', { PX: 60_000 })), {
        answer: 'OK',
      })
      assert.deepEqual(await redis.ask((commands) => commands.get('key')), { answer: 'value' })
      const script = `return redis.call('get', KEYS[1]) .. ARGV[1]`
      assert.deepEqual(
        await redis.ask((commands) => commands.eval(script, { keys: ['key'], arguments: ['!'] })),
        { answer: 'value!' },
      )
    })

    it('does not answer in place of an error, and is not asked again for a second', async (t) => {
      const server = await start()
      const faults: unknown[] = []
      const redis = await openRedis(server.url, (reason) => faults.push(reason))
      t.after(async () => {
        await redis.close()
        await server.close()
      })
      assert.equal(
        await redis.ask((commands) => commands.eval('nonsense', { keys: ['k'], arguments: [] })),
        undefined,
      )
      assert.equal(faults.length > 0, true)
      assert.equal(redis.ready(), false)
      let asked = false
      await redis.ask(async () => {
        asked = true
      })
      assert.equal(asked, false)
    })
  })
}

describe('Redis that is away', { skip: redisServerMissing() }, () => {
  it('does not keep a server from starting, and is found when it comes', async (t) => {
    const server = await startRedis()
    await server.stop()
    const startedAt = performance.now()
    const redis = await openRedis(server.url, () => {})
    t.after(async () => {
      await redis.close()
      await server.close()
    })
    assert.ok(performance.now() - startedAt < 3_000)
    assert.equal(await redis.ask((commands) => commands.get('key')), undefined)
    await server.start()
    await eventually(
      async () => assert.deepEqual(await redis.ask((commands) => commands.get('key')), { answer: null }),
      { withinMs: 5_000, everyMs: 200 },
    )
  })

  it('a sentinel names another master: within 8 s it answers again, and the process lives', async (t) => {
    const group = await startRedisSentinel()
    const redis = await openRedis(group.url, () => {})
    t.after(async () => {
      await redis.close()
      await group.close()
    })
    await redis.ask((commands) => commands.set('before', '1', { PX: 60_000 }))
    await group.master.stop()
    await eventually(
      async () =>
        assert.deepEqual(await redis.ask((commands) => commands.set('after', '1', { PX: 60_000 })), {
          answer: 'OK',
        }),
      { withinMs: 8_000, everyMs: 200 },
    )
    assert.equal(await group.masterPort(), group.replica.port)
  })
})
