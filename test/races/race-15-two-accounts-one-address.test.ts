/** A-RACE-15: two accounts move to one address, both with the right code of its mailbox, 100 times each at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sessionCookie } from '../support/asked-codes.ts'
import {
  codeOfChallenge,
  cookieOf,
  expectOk,
  fewRounds,
  type Installation,
  openInstallation,
  outcomeOf,
  raceGrounds,
  tally,
} from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race 15, two accounts and one address, ${ground.name}`, { skip: ground.missing() }, () => {
    it('gives it to one; the other is told that it is taken and keeps its own', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < fewRounds; round++) {
        const newEmail = `wanted${round}@example.test`
        const movers = [await mover(place, newEmail), await mover(place, newEmail)]

        const replies = await place.race(
          Array.from({ length: 200 }, (_, index) => {
            const { cookie, otp } = movers[index % 2] as (typeof movers)[number]
            return { method: 'POST', path: '/auth/email/confirm', headers: { cookie }, body: { otp } }
          }),
        )

        const outcomes = movers.map((_, mine) =>
          tally(replies.filter((_reply, index) => index % 2 === mine).map(outcomeOf)),
        )
        const what = JSON.stringify(outcomes)
        const winner = outcomes.findIndex((each) => each['200'] === 1)
        assert.ok(winner >= 0, what)
        assert.equal(outcomes[1 - winner]?.['200'], undefined, what)
        assert.equal(outcomes[1 - winner]?.['409 email_taken'], 1, what)
        assert.equal(outcomes[winner]?.['409 email_taken'], undefined, what)
        const emails = await place.desk(async ({ stores }) =>
          Promise.all(movers.map(async ({ ada }) => (await stores.read.accounts.find(ada.id))?.email)),
        )
        assert.equal(emails[winner], newEmail)
        assert.equal(emails[1 - winner], movers[1 - winner]?.ada.email)
        // Nobody lost a session over it: the loser's is as it was, the winner's goes on under its new cookie (ASVS 7.2.4).
        const statuses = await Promise.all(movers.map(({ client }) => client.post('/auth/token')))
        assert.equal(statuses[winner]?.status, 401)
        assert.equal(statuses[1 - winner]?.status, 200)
        const cookies = replies.map(({ setCookies }) => sessionCookie(setCookies)).filter(Boolean)
        assert.equal(cookies.length, 1)
        expectOk(await place.client().post('/auth/token', undefined, { headers: { cookie: cookies[0] } }))
      }
      assert.deepEqual(await place.auditFaults(), [])
    })
  })
}

async function mover(place: Installation, newEmail: string) {
  const ada = await place.makeAccount()
  const client = await place.enter(ada)
  const asked = await client.post('/auth/email/change', { newEmail })
  expectOk(asked)
  const session = await place.desk(({ stores }) => stores.read.sessions.find(asked.body.sessionId))
  return { ada, client, cookie: cookieOf(client), otp: codeOfChallenge(session?.challengeId ?? '') }
}
