/**
 * A-RACE-08: the password is changed while its old self logs in, verifies, gets tokens and refreshes them. After the 200 of the
 * change nothing that the old one opened, before, during or after it, works.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sessionCookie } from '../support/asked-codes.ts'
import { createClient } from '../support/http-client.ts'
import { cookieOf, fewRounds, openInstallation, outcomeOf, raceGrounds } from '../support/processes.ts'

const seats = 6
const newPassword = 'seven horses in the rain'

for (const ground of raceGrounds) {
  describe(`race 08, change against the old password, ${ground.name}`, { skip: ground.missing() }, () => {
    it('leaves nothing alive that the old one opened', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < fewRounds; round++) {
        const ada = await place.makeAccount()
        const { email, password } = ada
        const pending: Awaited<ReturnType<typeof place.logIn>>[] = []
        const verified = []
        for (let seat = 0; seat < seats; seat++) {
          pending.push(await place.logIn(ada))
          const client = await place.enter(ada)
          verified.push({ client, tokens: (await client.post('/auth/token', { refresh: true })).body })
        }
        const owner = await place.enter(ada)
        const ownTokens = (await owner.post('/auth/token', { refresh: true })).body
        const post = (path: string, cookie: string, body?: unknown) => ({
          method: 'POST',
          path,
          headers: cookie === '' ? {} : { cookie },
          body,
        })
        const requests = [
          ...pending.map(({ client, code }) => post('/auth/verify-otp', cookieOf(client), { otp: code })),
          ...[...verified, { client: owner, tokens: ownTokens }].flatMap(
            ({ client, tokens: { refreshToken } }) =>
              Array.from({ length: 10 }, () => [
                post('/auth/token', cookieOf(client), { refresh: true }),
                post('/auth/refresh', '', { refreshToken }),
              ]).flat(),
          ),
        ]
        while (requests.length < 199) requests.push(post('/auth/login', '', { email, password }))
        const where = 50 + 40 * round
        const change = { currentPassword: password, newPassword }
        requests.splice(where, 0, post('/auth/password/change', cookieOf(owner), change))

        const replies = await place.race(requests)

        const [changed] = replies.splice(where, 1)
        assert.equal(changed?.status, 200, JSON.stringify(changed?.body))
        const kept = sessionCookie(changed?.setCookies ?? [])
        // Contract 3: a token of an ended session is refused by every server within 1 s.
        await sleep(1_000)
        const tokens = [...verified.map((each) => each.tokens), ownTokens, ...replies.map(({ body }) => body)]
        const accessTokens = tokens.flatMap(({ accessToken }) => accessToken ?? [])
        const refreshTokens = new Set(tokens.flatMap(({ refreshToken }) => refreshToken ?? []))
        const cookies = [
          ...[...pending, ...verified, { client: owner }].map(({ client }) => cookieOf(client)),
          ...replies.map(({ setCookies }) => sessionCookie(setCookies)).filter(Boolean),
        ]
        for (const { port } of place.servers) {
          const client = createClient(`http://127.0.0.1:${port}`)
          for (const cookie of cookies) {
            const headers = { cookie }
            assert.equal((await client.get('/auth/session', { headers })).body.stage, 'anonymous')
            assert.equal((await client.post('/auth/token', undefined, { headers })).status, 401)
          }
          for (const { client: waiting, code } of pending) {
            const headers = { cookie: cookieOf(waiting) }
            assert.equal((await client.post('/auth/verify-otp', { otp: code }, { headers })).status, 401)
          }
          for (const bearer of accessTokens) {
            assert.equal(outcomeOf(await client.get('/auth/protected', { bearer })), '401 token_invalid')
          }
          for (const refreshToken of refreshTokens) {
            assert.equal(
              outcomeOf(await client.post('/auth/refresh', { refreshToken })),
              '401 refresh_invalid',
            )
          }
          const login = await client.post('/auth/login', { email, password })
          assert.equal(outcomeOf(login), '401 invalid_credentials')
          // The session that changed it goes on under its new id, and is the only one.
          const headers = { cookie: kept }
          assert.equal((await client.post('/auth/token', undefined, { headers })).status, 200)
          const { sessions } = (await client.get('/auth/sessions', { headers })).body
          assert.equal(sessions.length, 1)
          client.close()
        }
        await place.enter({ ...ada, password: newPassword })
      }
    })
  })
}
