/**
 * F-REDIS-01, F-REDIS-03: Redis is flushed, stopped, frozen and restarted in the middle of sessions. They go on, budgets hold, and
 * no limit is skipped: SQL is the truth for all of it (D9).
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgres } from '../support/engines.ts'
import { sharedPostgres } from '../support/postgres.ts'
import { engineAt, type Installation, openInstallation, outcomeOf, tally } from '../support/processes.ts'
import { type RedisServer, redisServerMissing, startRedis } from '../support/redis.ts'
import { eventually } from '../support/services.ts'

describe('Redis fails mid-session', { skip: postgres.missing() || redisServerMissing() }, () => {
  const open = async (t: { after(done: () => Promise<void>): void }) => {
    const redis = await startRedis()
    const engine = engineAt(await sharedPostgres(), redis.url)
    const place = await openInstallation(t, { engine, env: { RATE_LIMITS: 'on' } })
    t.after(redis.close)
    return { place, redis }
  }
  const failedRefreshes = async (place: Installation, localAddress: string, count: number) =>
    tally(
      (
        await place.race(
          Array.from({ length: count }, () => ({
            method: 'POST',
            path: '/auth/refresh',
            body: { refreshToken: 'no token' },
            localAddress,
          })),
        )
      ).map(outcomeOf),
    )

  it('F-REDIS-01: flushed during guesses: the five tries of a login are five', async (t) => {
    const { place, redis } = await open(t)
    const { client, code } = await place.logIn(await place.makeAccount())
    const wrong = `${(Number(code[0]) + 1) % 10}${code.slice(1)}`
    const outcomes: string[] = []
    for (let guess = 0; guess < 7; guess++) {
      if (guess % 2 === 1) await redis.flush()
      outcomes.push(outcomeOf(await client.post('/auth/verify-otp', { otp: wrong })))
    }
    assert.deepEqual(tally(outcomes), { '401 otp_invalid': 5, '401 otp_attempts_exhausted': 2 })
    assert.equal(
      outcomeOf(await client.post('/auth/verify-otp', { otp: code })),
      '401 otp_attempts_exhausted',
    )
  })

  const faults: [string, (redis: RedisServer) => Promise<void>, (redis: RedisServer) => Promise<void>][] = [
    ['flushed', (redis) => redis.flush(), async () => {}],
    ['stopped', (redis) => redis.stop(), (redis) => redis.start()],
    ['frozen', async (redis) => redis.freeze(), async (redis) => redis.thaw()],
  ]
  for (const [fault, strike, heal] of faults) {
    it(`${fault}: sessions go on, a logout stays, each request is quick`, async (t) => {
      const { place, redis } = await open(t)
      const ada = await place.makeAccount()
      const client = await place.enter(ada)
      const gone = await place.enter(ada)
      const stolen = gone.clone()
      const { accessToken: bearer, refreshToken } = (await client.post('/auth/token', { refresh: true })).body

      await strike(redis)
      t.after(async () => redis.thaw())
      const quick = async <Result>(ask: Promise<Result>): Promise<Result> => {
        const startedAt = performance.now()
        const result = await ask
        const tookMs = performance.now() - startedAt
        assert.ok(tookMs < 2_000, `${tookMs} ms`)
        return result
      }
      assert.equal((await quick(client.get('/auth/session'))).body.stage, 'verified')
      assert.equal((await quick(client.post('/auth/token'))).status, 200)
      assert.equal((await quick(client.get('/auth/protected', { bearer }))).status, 200)
      assert.equal((await quick(client.post('/auth/refresh', { refreshToken }))).status, 200)
      assert.equal((await quick(gone.post('/auth/logout'))).status, 200)
      await quick(place.enter(ada))

      await heal(redis)
      await sleep(1_500)
      assert.equal((await quick(client.get('/auth/session'))).body.stage, 'verified')
      assert.equal((await stolen.get('/auth/session')).body.endedBecause, 'logged_out')
      assert.equal(outcomeOf(await stolen.post('/auth/token')), '401 session_ended')
      assert.equal((await place.client().get('/readyz')).status, 200)
    })
  }

  for (const [fault, strike, heal] of faults.slice(1)) {
    it(`F-REDIS-03: ${fault}: half as many pass, none is skipped, and the whole limit is back with Redis`, async (t) => {
      const { place, redis } = await open(t)
      assert.deepEqual(await failedRefreshes(place, '127.0.3.1', 200), {
        '401 refresh_invalid': 120,
        '429 rate_limited': 80,
      })
      await strike(redis)
      t.after(async () => redis.thaw())
      assert.deepEqual(await failedRefreshes(place, '127.0.3.2', 200), {
        '401 refresh_invalid': 60,
        '429 rate_limited': 140,
      })
      await heal(redis)
      let address = 10
      await eventually(
        async () =>
          assert.deepEqual(await failedRefreshes(place, `127.0.3.${address++}`, 130), {
            '401 refresh_invalid': 120,
            '429 rate_limited': 10,
          }),
        { withinMs: 6_000, everyMs: 500 },
      )
    })
  }

  it('starts without its Redis, and uses it when it comes', async (t) => {
    const { place, redis } = await open(t)
    await redis.stop()
    await place.servers[0]?.stop()
    await place.restart()
    await place.enter(await place.makeAccount())
    await redis.start()
    await eventually(async () => assert.notEqual(await keysIn(redis, place), 0), {
      withinMs: 6_000,
      everyMs: 500,
    })
  })

  /** How many keys a failed refresh leaves: a limit that Redis counted. */
  async function keysIn(redis: RedisServer, place: Installation): Promise<number> {
    await place.client().post('/auth/refresh', { refreshToken: 'no token' })
    return Number(await redis.command('DBSIZE'))
  }
})
