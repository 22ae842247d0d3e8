/** A-RACE-04: 200 registrations of one address at once, in mixed case; then all of their codes at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mailBudget } from '../../src/utils/mail-budget.ts'
import { inTime, sessionCookie, waitingSessions } from '../support/asked-codes.ts'
import { createClient } from '../support/http-client.ts'
import { fewRounds, openInstallation, outcomeOf, raceGrounds, tally } from '../support/processes.ts'

const passwordOf = (index: number) => `seven horses in the rain ${index}`

for (const ground of raceGrounds) {
  describe(`race 04, one address registered at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('answers all alike, mails a handful, and ends in one account', async (t) => {
      const place = await openInstallation(t, ground)
      const looking = createClient(place.servers[0]?.url ?? '')
      t.after(() => looking.close())
      for (let round = 0; round < fewRounds; round++) {
        const email = `nora${round}@example.test`

        const asked = await place.race(
          Array.from({ length: 200 }, (_, index) => ({
            method: 'POST',
            path: '/auth/register',
            body: { email: spelled(email, index), password: passwordOf(index) },
          })),
        )

        const opened = asked.filter(({ status }) => status === 200)
        assert.deepEqual(inTime(tally(asked.map(outcomeOf))), { 200: opened.length })
        const [first] = opened
        for (const { body, headers, setCookies } of opened) {
          assert.deepEqual({ ...body, sessionId: '' }, { ...first?.body, sessionId: '' })
          assert.deepEqual(Object.keys(headers), Object.keys(first?.headers ?? {}))
          assert.equal(setCookies.length, 1)
        }
        assert.equal(new Set(opened.map(({ body }) => body.sessionId)).size, opened.length)
        await sleep(1_500)
        const mails = place.sink.mails.filter(({ recipients }) => recipients.includes(email))
        assert.ok(mails.length >= 1 && mails.length <= mailBudget.perWindow, `${mails.length} mails`)
        assert.deepEqual(await accountsOf(email), [])

        const waiting = await waitingSessions(place, asked)
        const verified = await place.race(
          waiting.map(({ cookie, code }) => ({
            method: 'POST',
            path: '/auth/verify-otp',
            headers: { cookie },
            body: { otp: code },
          })),
        )

        // Each of them proved the mailbox, and the last one decides the password: what the others had is over.
        const accepted = verified.filter(({ status }) => status === 200).length
        assert.deepEqual(inTime(tally(verified.map(outcomeOf))), { 200: accepted })
        assert.equal((await accountsOf(email)).length, 1)
        const alive: number[] = []
        for (const [at, { setCookies }] of verified.entries()) {
          const headers = { cookie: sessionCookie(setCookies) }
          const { body } = await looking.get('/auth/session', { headers })
          if (body.stage === 'verified') alive.push(waiting[at]?.index as number)
        }
        const [last, ...others] = alive
        assert.deepEqual(others, [])
        // One that was told to come again may have been the last: its cookie got lost with its answer.
        if (last === undefined) {
          assert.ok(accepted < opened.length)
          continue
        }
        await place.enter({ id: '', email, password: passwordOf(last) })
        const other = { email, password: passwordOf(last === 0 ? 1 : 0) }
        assert.equal(outcomeOf(await looking.post('/auth/login', other)), '401 invalid_credentials')
      }
      assert.deepEqual(await place.auditFaults(), [])

      function accountsOf(email: string) {
        return place.desk(({ stores }) =>
          stores.database.read('select id, password_hash from accounts where lower(email) = ?1', [email]),
        )
      }
    })
  })
}

/** One address in many spellings: case only, since dots and tags are other mailboxes at most providers. */
function spelled(email: string, index: number): string {
  return [...email].map((char, at) => ((index >> (at % 8)) & 1 ? char.toUpperCase() : char)).join('')
}
