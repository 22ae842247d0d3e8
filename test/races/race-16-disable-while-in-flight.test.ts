/**
 * A-RACE-16: an account is disabled by another process, or deleted by its owner, while it logs in, verifies, gets tokens and
 * refreshes them. Once that has returned, nothing that was issued before, during or after it works.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '../support/http-client.ts'
import {
  cookieOf,
  fewRounds,
  type Installation,
  openInstallation,
  outcomeOf,
  raceGrounds,
  type TestAccount,
} from '../support/processes.ts'

const seats = 8

/** How the account ends. */
const ends = {
  disabled: (place: Installation, ada: TestAccount) => place.disable(ada),
  async deleted(_place: Installation, _ada: TestAccount, owner: Client) {
    const reply = await owner.delete('/auth/account')
    assert.equal(reply.status, 204, JSON.stringify(reply.body))
  },
}

for (const ground of raceGrounds) {
  describe(`race 16, the end of an account while in flight, ${ground.name}`, {
    skip: ground.missing(),
  }, () => {
    for (const [name, endAccount] of Object.entries(ends))
      it(`leaves nothing alive of one that is ${name}`, async (t) => {
        const place = await openInstallation(t, ground)
        for (let round = 0; round < fewRounds; round++) {
          const ada = await place.makeAccount()
          const { email, password } = ada
          const pending = []
          const verified = []
          for (let seat = 0; seat < seats; seat++) {
            pending.push(await place.logIn(ada))
            const client = await place.enter(ada)
            verified.push({ client, tokens: (await client.post('/auth/token', { refresh: true })).body })
          }
          const post = (path: string, cookie: string, body?: unknown) => ({
            method: 'POST',
            path,
            headers: cookie === '' ? {} : { cookie },
            body,
          })
          const requests = [
            ...pending.map(({ client, code }) => post('/auth/verify-otp', cookieOf(client), { otp: code })),
            ...verified.flatMap(({ client, tokens: { refreshToken } }) =>
              Array.from({ length: 10 }, () => [
                post('/auth/token', cookieOf(client), { refresh: true }),
                post('/auth/refresh', '', { refreshToken }),
              ]).flat(),
            ),
            ...Array.from({ length: 200 - 21 * seats }, () => post('/auth/login', '', { email, password })),
          ]

          const owner = await place.enter(ada)
          const racing = place.race(requests)
          await sleep(60 + round * 40)
          await endAccount(place, ada, owner)
          const replies = await racing
          // Contract 3: a token of a disabled account is refused by every server within 1 s.
          await sleep(1_000)

          const cookies = [
            ...pending.map(({ client }) => cookieOf(client)),
            ...verified.map(({ client }) => cookieOf(client)),
            ...replies.flatMap(({ setCookies }) => setCookies.map((line) => line.split(';')[0] ?? '')),
          ].filter((cookie) => !cookie.endsWith('='))
          const accessTokens = [
            ...verified.map(({ tokens }) => tokens),
            ...replies.map(({ body }) => body),
          ].flatMap(({ accessToken }) => accessToken ?? [])
          const refreshTokens = [
            ...verified.map(({ tokens }) => tokens),
            ...replies.map(({ body }) => body),
          ].flatMap(({ refreshToken }) => refreshToken ?? [])
          for (const { port } of place.servers) {
            const client = createClient(`http://127.0.0.1:${port}`)
            for (const cookie of cookies) {
              const headers = { cookie }
              assert.equal((await client.get('/auth/session', { headers })).body.stage, 'anonymous')
              assert.equal((await client.post('/auth/token', undefined, { headers })).status, 401)
            }
            for (const bearer of accessTokens) {
              assert.equal(outcomeOf(await client.get('/auth/protected', { bearer })), '401 token_invalid')
            }
            for (const refreshToken of new Set(refreshTokens)) {
              assert.equal(
                outcomeOf(await client.post('/auth/refresh', { refreshToken })),
                '401 refresh_invalid',
              )
            }
            assert.equal(
              outcomeOf(await client.post('/auth/login', { email, password })),
              '401 invalid_credentials',
            )
            client.close()
          }
          const alive = await place.desk(({ stores }) =>
            stores.database.read('select id from sessions where account_id = ?1 and ended_at is null', [
              ada.id,
            ]),
          )
          assert.deepEqual(alive, [])
        }
      })
  })
}
