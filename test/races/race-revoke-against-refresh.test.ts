/** 200 at once: a service revokes a refresh token while its owner refreshes. Once that was answered, no successor lives. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../support/http-client.ts'
import { openInstallation, outcomeOf, raceGrounds, rounds } from '../support/processes.ts'
import { basic, serviceOver, serviceSecret, withServices } from '../support/services-of-clients.ts'

for (const ground of raceGrounds) {
  describe(`race revoke against refresh, ${ground.name}`, { skip: ground.missing() }, () => {
    it('leaves no live successor', async (t) => {
      const place = await openInstallation(t, { ...ground, env: withServices })
      const ports = place.servers.map(({ port }) => port)
      const clients = ports.map((port) => createClient(`http://127.0.0.1:${port}`))
      t.after(() => clients.forEach((client) => void client.close()))
      for (let round = 0; round < rounds; round++) {
        const owner = await place.enter(await place.makeAccount())
        const { refreshToken } = (await owner.post('/auth/token', { refresh: true })).body
        const refresh = { method: 'POST', path: '/auth/refresh', body: { refreshToken } }
        const revoke = {
          method: 'POST',
          path: '/auth/revoke',
          headers: {
            authorization: basic('orders', serviceSecret),
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: `token=${refreshToken}`,
        }

        const replies = await place.race(
          Array.from({ length: 200 }, (_, index) => (index % 20 === 10 ? revoke : refresh)),
        )

        const revoked = replies.filter((_, index) => index % 20 === 10)
        assert.deepEqual([...new Set(revoked.map(({ status }) => status))], [200])
        const successors = replies.flatMap(
          ({ body }) => (body as { refreshToken?: string }).refreshToken ?? [],
        )
        assert.ok(new Set(successors).size <= 1, 'one family, one successor')
        const ended = await place.desk(({ stores }) =>
          stores.database.read("select count(*) as n from audit_events where type = 'session.ended'"),
        )
        assert.equal(ended[0]?.n, round + 1, 'told once')
        // Contract 3: every server knows within 1 s.
        await sleep(1_000)
        for (const client of clients) {
          for (const token of new Set([refreshToken, ...successors])) {
            const reply = await client.post('/auth/refresh', { refreshToken: token })
            assert.equal(outcomeOf(reply), '401 refresh_invalid')
          }
          for (const { body } of replies) {
            const { accessToken: bearer } = body as { accessToken?: string }
            if (bearer === undefined) continue
            assert.equal(outcomeOf(await client.get('/auth/protected', { bearer })), '401 token_invalid')
            const service = serviceOver(client, basic('orders', serviceSecret))
            assert.deepEqual((await service.introspect(bearer)).body, { active: false })
          }
        }
      }
    })
  })
}
