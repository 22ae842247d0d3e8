/**
 * F-STORE-01, F-STORE-06: Postgres stops, freezes, is killed and comes back under requests. Every request ends within 5 s with
 * 2xx, 4xx or 503 (I5), nothing opens because of it (I4), and the same process is well again within 5 s of its return (I6).
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresMissing, startPostgres } from '../support/postgres.ts'
import { engineAt, openInstallation, outcomeOf, tally } from '../support/processes.ts'
import { eventually } from '../support/services.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

for (const fault of ['stopped', 'killed', 'frozen', 'half-open'] as const) {
  describe(`Postgres ${fault} under requests`, { skip: postgresMissing() }, () => {
    it('every request ends in time, and all is well once it is back', async (t) => {
      const server = await startPostgres()
      const proxy = fault === 'half-open' ? await startTcpProxy({ port: server.port }) : undefined
      t.after(async () => {
        await proxy?.close()
        await server.close()
      })
      const place = await openInstallation(t, {
        engine: engineAt(server),
        throughEnv: async ({ env: { DATABASE_URL = '' } }) => ({
          DATABASE_URL: proxy?.through(DATABASE_URL) ?? DATABASE_URL,
        }),
      })
      const ada = await place.makeAccount()
      const client = await place.enter(ada)
      const { accessToken: bearer } = (await client.post('/auth/token')).body
      const pending = await place.logIn(ada)
      const stranger = place.client()

      const asks = [
        () => client.get('/auth/session'),
        () => client.post('/auth/token', { refresh: true }),
        () => client.get('/auth/protected', { bearer }),
        () => stranger.post('/auth/login', { email: ada.email, password: ada.password }),
        () => stranger.post('/auth/login', { email: 'nobody@example.test', password: 'whatever it is' }),
        () => stranger.post('/auth/refresh', { refreshToken: 'srt_nothing' }),
        () => pending.client.post('/auth/verify-otp', { otp: 'abcdef' }),
        () => stranger.post('/auth/logout'),
      ]
      const outcomes: string[] = []
      let slowest = 0
      let isOver = false
      const asking = asks
        .flatMap((ask) => [ask, ask, ask])
        .map(async (ask) => {
          while (!isOver) {
            const startedAt = performance.now()
            outcomes.push(
              outcomeOf(
                await ask().catch((reason: Error) => ({ status: 0, body: {}, error: reason.message })),
              ),
            )
            slowest = Math.max(slowest, performance.now() - startedAt)
            await sleep(20)
          }
        })
      await sleep(500)

      const strike = {
        stopped: server.stop,
        killed: server.stopHard,
        frozen: server.freeze,
        'half-open': async () => proxy?.swallowReplies(),
      }
      await strike[fault]()
      await sleep(1_500)
      const ready = await place.client().get('/readyz')
      assert.equal(outcomeOf(ready), '503 service_unavailable')
      const healthAt = performance.now()
      assert.equal((await place.client().get('/healthz')).status, 200)
      assert.ok(performance.now() - healthAt < 500, 'healthz is slow')
      for (const email of [ada.email, 'nobody@example.test']) {
        const refused = await place.client().post('/auth/login', { email, password: ada.password })
        assert.equal(outcomeOf(refused), '503 service_unavailable')
        assert.match(String(refused.headers['retry-after']), /^[1-9]$/)
      }
      assert.equal((await client.get('/auth/protected', { bearer })).status, 503)
      assert.equal((await client.get('/auth/session')).status, 503)

      const heal = {
        stopped: server.start,
        killed: server.start,
        frozen: server.thaw,
        'half-open': async () => proxy?.restore(),
      }
      await heal[fault]()
      await eventually(
        async () => {
          assert.equal((await place.client().get('/readyz')).status, 200)
          assert.equal((await client.post('/auth/token', { refresh: true })).status, 200)
          assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
        },
        { withinMs: 5_000, everyMs: 100 },
      )
      isOver = true
      await Promise.all(asking)

      assert.ok(slowest < 5_100, `the slowest request took ${slowest} ms`)
      const odd = Object.keys(tally(outcomes)).filter(
        (outcome) => !/^(2|4|503 service_unavailable)/.test(outcome),
      )
      assert.deepEqual(odd, [], JSON.stringify(tally(outcomes)))
      await place.enter(ada)
      assert.deepEqual(await place.auditFaults(), [])
    })
  })
}
