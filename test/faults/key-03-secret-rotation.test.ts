/** F-KEY-03: SESSION_SECRET=NEW,OLD: cookies, codes, refresh and access tokens, signing keys and the audit trail of OLD stay good. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../support/engines.ts'
import {
  codeOfChallenge,
  openInstallation,
  outcomeOf,
  sessionSecret,
  withDesk,
} from '../support/processes.ts'
import { StartFailure } from '../support/server-process.ts'
import { codeIn } from '../support/smtp-sink.ts'

const newer = 'the session secret that follows it: 11 donkeys and a mule'

for (const engine of engines) {
  describe(`secret rotation, ${engine.name}`, { skip: engine.missing() }, () => {
    it('interrupts nobody', async (t) => {
      const place = await openInstallation(t, { engine })
      const ada = await place.makeAccount()
      const client = await place.enter(ada)
      const { accessToken: bearer, refreshToken } = (await client.post('/auth/token', { refresh: true })).body
      const pending = await place.logIn(ada)
      await place.sink.waitForMail({ to: ada.email, subject: /is your/ })

      await place.servers[0]?.stop()
      await place.restart(0, { SESSION_SECRET: `${newer},${sessionSecret}` })

      assert.equal((await client.get('/auth/session')).body.stage, 'verified')
      assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
      const refreshed = await client.post('/auth/refresh', { refreshToken })
      assert.equal(refreshed.status, 200)
      // A repeated call within the grace time gets a token that works, whichever secret wrote it.
      const repeated = await client.post('/auth/refresh', { refreshToken })
      assert.equal(repeated.status, 200)
      assert.equal(
        (await client.post('/auth/refresh', { refreshToken: repeated.body.refreshToken })).status,
        200,
      )
      assert.equal((await pending.client.post('/auth/verify-otp', { otp: pending.code })).status, 200)
      assert.equal((await client.post('/auth/token')).status, 200)

      const next = place.client()
      place.sink.clear()
      const reply = await next.post('/auth/login', { email: ada.email, password: ada.password })
      const otp = codeIn(await place.sink.waitForMail({ to: ada.email, subject: /is your/ }))
      const challengeId = await place.desk(
        async ({ stores }) => (await stores.read.sessions.find(reply.body.sessionId))?.challengeId,
      )
      assert.equal(otp, codeOfChallenge(challengeId ?? '', newer))
      assert.equal((await next.post('/auth/verify-otp', { otp })).status, 200)

      const faults = await withDesk(
        place.opened.database,
        async ({ stores }) => (await stores.read.audit.verify()).faults,
        [newer, sessionSecret],
      )
      assert.deepEqual(faults, [])
    })

    it('refuses to start when the old secret is taken away while its signing key is in use', async (t) => {
      const place = await openInstallation(t, { engine })
      const client = await place.enter(await place.makeAccount())
      await place.servers[0]?.stop()
      await assert.rejects(place.restart(0, { SESSION_SECRET: newer }), (reason) => {
        assert.ok(reason instanceof StartFailure)
        assert.equal(reason.exitCode, 78)
        assert.match(reason.output, /SESSION_SECRET=NEW,OLD/)
        return true
      })
      await place.restart(0, { SESSION_SECRET: `${newer},${sessionSecret}` })
      assert.equal(outcomeOf(await client.post('/auth/token')), '200')
    })
  })
}
