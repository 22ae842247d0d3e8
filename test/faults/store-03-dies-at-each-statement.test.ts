/**
 * F-STORE-02 to F-STORE-05: the connection to Postgres dies at each statement of a step, before it ran or after it with its reply
 * lost (the COMMIT's too). All of the step has happened, or nothing, and asking again is safe.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { postgres } from '../support/engines.ts'
import { type Installation, openInstallation, outcomeOf, type TestAccount } from '../support/processes.ts'
import { type StatementProxy, startStatementProxy } from '../support/statement-proxy.ts'

/** More than any step has; beyond the last one nothing is cut. */
const statements = 24

describe('Postgres dies at each statement', { skip: postgres.missing() }, () => {
  let place: Installation
  let proxy: StatementProxy
  let ada: TestAccount
  const endings: (() => Promise<void>)[] = []
  const sessionsOf = (id: string) =>
    place.desk(({ stores }) =>
      stores.database.read('select id, stage, ended_at, ended_because from sessions where flow_id = ?1', [
        id,
      ]),
    )

  before(async () => {
    place = await openInstallation(
      { after: (done) => void endings.push(done) },
      {
        engine: postgres,
        async throughEnv({ env }) {
          proxy = await startStatementProxy(env.DATABASE_URL ?? '')
          return { DATABASE_URL: proxy.url }
        },
      },
    )
    ada = await place.makeAccount()
  })
  after(async () => {
    for (const end of endings) await end()
    await proxy.close()
  })

  for (const when of ['before', 'after'] as const) {
    it(`F-STORE-03: of verify-otp, ${when} it ran: the code is spent and the session verified, or neither`, async () => {
      const outcomes = new Set<string>()
      const wanted = ['503 service_unavailable, did not happen', '503 service_unavailable, happened']
      const isComplete = () => wanted.slice(0, when === 'after' ? 2 : 1).every((one) => outcomes.has(one))
      // The mail worker and the housekeeping count as well: on a busy machine one sweep may miss the COMMIT.
      for (let turn = 0; turn < statements || (turn < 6 * statements && !isComplete()); turn++) {
        const nth = 1 + (turn % statements)
        const { client, code, sessionId } = await place.logIn(ada)
        const pending = client.clone()
        const { flow } = await flowOf(sessionId)

        proxy.cutAt(nth, when)
        const reply = await client.post('/auth/verify-otp', { otp: code })
        proxy.cutAt(Number.POSITIVE_INFINITY, 'before')

        const { consumed } = await flowOf(sessionId)
        const verified = (await sessionsOf(flow)).filter(({ stage }) => stage === 'verified')
        assert.equal(verified.length, consumed ? 1 : 0, `statement ${nth}`)
        outcomes.add(`${outcomeOf(reply)}, ${consumed ? 'happened' : 'did not happen'}`)
        if (reply.status === 200) {
          assert.equal(consumed, true)
          assert.equal((await client.post('/auth/token')).status, 200)
          continue
        }
        assert.equal(outcomeOf(reply), '503 service_unavailable', `statement ${nth}`)
        const again = await pending.post('/auth/verify-otp', { otp: code })
        assert.equal(outcomeOf(again), consumed ? '401 session_ended' : '200', `statement ${nth}`)
        assert.equal((await sessionsOf(flow)).filter(({ stage }) => stage === 'verified').length, 1)
      }
      assert.ok(isComplete(), [...outcomes].join('; '))
    })

    it(`F-STORE-02: of a wrong code, ${when} it ran: the try is charged at most once for a reply`, async () => {
      for (let nth = 1; nth <= statements; nth++) {
        const account = await place.makeAccount()
        const { client, code } = await place.logIn(account)
        proxy.cutAt(nth, when)
        const reply = await client.post('/auth/verify-otp', {
          otp: `${(Number(code[0]) + 1) % 10}${code.slice(1)}`,
        })
        proxy.cutAt(Number.POSITIVE_INFINITY, 'before')
        const left = await place.desk(async ({ stores }) => {
          const [row] = await stores.database.read(
            `select c.attempts_left, a.code_failures from challenges c join accounts a on a.id = c.account_id
             where a.id = ?1`,
            [account.id],
          )
          return row
        })
        assert.equal(5 - Number(left?.attempts_left), Number(left?.code_failures), `statement ${nth}`)
        if (reply.status === 401) assert.equal(left?.attempts_left, 4)
        else assert.equal(outcomeOf(reply), '503 service_unavailable')
        assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
      }
    })

    it(`F-STORE-04: of a refresh, ${when} it ran: asking again gives the one successor`, async () => {
      const outcomes = new Set<string>()
      for (let nth = 1; nth <= statements; nth++) {
        const client = await place.enter(ada)
        const { refreshToken } = (await client.post('/auth/token', { refresh: true })).body
        proxy.cutAt(nth, when)
        const reply = await client.post('/auth/refresh', { refreshToken })
        proxy.cutAt(Number.POSITIVE_INFINITY, 'before')
        outcomes.add(outcomeOf(reply))
        if (reply.status !== 200) assert.equal(outcomeOf(reply), '503 service_unavailable')
        const [once, twice] = [
          await client.post('/auth/refresh', { refreshToken }),
          await client.post('/auth/refresh', { refreshToken }),
        ]
        assert.deepEqual([once.status, twice.status], [200, 200], `statement ${nth}`)
        assert.equal(once.body.refreshToken, twice.body.refreshToken)
        if (reply.status === 200) assert.equal(once.body.refreshToken, reply.body.refreshToken)
        assert.equal(
          (await client.post('/auth/refresh', { refreshToken: once.body.refreshToken })).status,
          200,
        )
      }
      assert.ok(outcomes.has('503 service_unavailable'))
    })

    it(`F-STORE-04: of a token, ${when} it ran: no refresh token that the store does not know`, async () => {
      for (let nth = 1; nth <= statements; nth++) {
        const client = await place.enter(ada)
        proxy.cutAt(nth, when)
        const reply = await client.post('/auth/token', { refresh: true })
        proxy.cutAt(Number.POSITIVE_INFINITY, 'before')
        if (reply.status !== 200) assert.equal(outcomeOf(reply), '503 service_unavailable')
        const again = await client.post('/auth/token', { refresh: true })
        assert.equal(again.status, 200)
        if (reply.status === 200) assert.equal(again.body.refreshToken, reply.body.refreshToken)
        assert.equal(
          (await client.post('/auth/refresh', { refreshToken: again.body.refreshToken })).status,
          200,
        )
      }
    })

    it(`F-STORE-05: of a logout, ${when} it ran: never 200 unless it is durable`, async () => {
      const outcomes = new Set<string>()
      for (let nth = 1; nth <= statements; nth++) {
        const client = await place.enter(ada)
        const stolen = client.clone()
        const { accessToken: bearer, refreshToken } = (await client.post('/auth/token', { refresh: true }))
          .body
        proxy.cutAt(nth, when)
        const reply = await client.post('/auth/logout')
        proxy.cutAt(Number.POSITIVE_INFINITY, 'before')
        outcomes.add(outcomeOf(reply))
        if (reply.status !== 200) {
          assert.equal(outcomeOf(reply), '503 service_unavailable')
          // The cookie must not be gone while its session may live: the owner has to be able to ask again.
          assert.ok(client.cookies.has('sallyport.sid'))
          assert.equal((await client.post('/auth/logout')).status, 200)
        }
        assert.equal(outcomeOf(await stolen.post('/auth/token')), '401 session_ended')
        assert.equal(outcomeOf(await stolen.post('/auth/refresh', { refreshToken })), '401 refresh_invalid')
        // An outcome that the server itself did not learn may be remembered for less than a second.
        if (reply.status === 200)
          assert.equal(outcomeOf(await stolen.get('/auth/protected', { bearer })), '401 token_invalid')
      }
      assert.ok(outcomes.has('503 service_unavailable'))
    })

    it(`F-STORE-02: of a login, ${when} it ran: 503 or 200, and the retry's code is the one that counts`, async () => {
      for (let nth = 1; nth <= statements; nth++) {
        const client = place.client()
        proxy.cutAt(nth, when)
        const reply = await client.post('/auth/login', { email: ada.email, password: ada.password })
        proxy.cutAt(Number.POSITIVE_INFINITY, 'before')
        if (reply.status !== 200) assert.equal(outcomeOf(reply), '503 service_unavailable')
        if (reply.status !== 200) assert.deepEqual(reply.setCookies, [])
        await place.enter(ada, client)
      }
    })
  }

  it('leaves a trail that is whole', async () => {
    assert.deepEqual(await place.auditFaults(), [])
  })

  async function flowOf(sessionId: string): Promise<{ flow: string; consumed: boolean }> {
    return place.desk(async ({ stores }) => {
      const [row] = await stores.database.read(
        `select s.flow_id, c.consumed_at from sessions s join challenges c on c.id = s.challenge_id where s.id = ?1`,
        [sessionId],
      )
      return { flow: String(row?.flow_id), consumed: row?.consumed_at !== null }
    })
  }
})
