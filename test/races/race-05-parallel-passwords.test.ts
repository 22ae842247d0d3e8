/** A-RACE-05: 200 passwords at once for one account, the right one among them: from one network, and from 200. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { passwordBudget } from '../../src/utils/password-budget.ts'
import { sourceOf } from '../support/asked-codes.ts'
import { fewRounds, openInstallation, outcomeOf, raceGrounds, tally } from '../support/processes.ts'

/** Behind a proxy, so that a round or a guess comes from where it likes. */
const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }

for (const ground of raceGrounds) {
  describe(`race 05, parallel passwords, ${ground.name}`, { skip: ground.missing() }, () => {
    it('compares ten of one network', async (t) => {
      const place = await openInstallation(t, { ...ground, env })
      for (let round = 0; round < fewRounds; round++) {
        const ada = await place.makeAccount()
        const source = sourceOf(round)

        const replies = await place.race(guesses(ada, () => source))

        const outcomes = tally(replies.map(outcomeOf))
        const { wrong, accepted, what } = comparisons(outcomes, await place.trail(ada))
        // Only the right one gives its place back, and whoever has it needs no more guesses.
        assert.ok(wrong <= 10, what)
        assert.ok(accepted <= 1, what)
        assert.equal(outcomes['429 rate_limited'], 200 - wrong - accepted, what)
        if (accepted === 1) continue
        assert.equal(wrong, 10, what)
        const [late] = await place.race([login(ada, ada.password, source)])
        assert.equal(`${late?.status} ${late?.body.code}`, '429 rate_limited')
      }
    })

    it('compares what the budget of the address allows, of 200 networks', async (t) => {
      const place = await openInstallation(t, { ...ground, env })
      for (let round = 0; round < fewRounds; round++) {
        const ada = await place.makeAccount()

        const replies = await place.race(guesses(ada, (index) => sourceOf(1_000 * (round + 1) + index)))

        const outcomes = tally(replies.map(outcomeOf))
        const { wrong, accepted, what } = comparisons(outcomes, await place.trail(ada))
        // A success begins a new row.
        assert.ok(wrong <= passwordBudget.freeFailures * (1 + accepted), what)
        assert.ok(accepted <= 1, what)
        if (accepted === 1) continue
        assert.equal(wrong, passwordBudget.freeFailures, what)
        const late = login(ada, ada.password, sourceOf(1_000 * (round + 1) + 500))
        const [reply] = await place.race([late])
        assert.equal(`${reply?.status} ${reply?.body.code}`, '429 rate_limited')
        assert.ok((await place.trail(ada)).includes('login.refused slowed_down'))
        assert.ok(Number(reply?.headers['retry-after']) <= passwordBudget.firstWaitMs / 1_000)
      }
    })
  })
}

type Guessed = { email: string; password: string }

/** 199 wrong ones with the right one anywhere among them. */
function guesses(ada: Guessed, sourceOfGuess: (index: number) => string) {
  const passwords = Array.from({ length: 199 }, (_, index) => `wrong password ${index}`)
  passwords.splice(randomInt(0, 200), 0, ada.password)
  return passwords.map((password, index) => login(ada, password, sourceOfGuess(index)))
}

function login({ email }: Guessed, password: string, source: string) {
  const headers = { 'x-forwarded-for': source }
  return { method: 'POST', path: '/auth/login', headers, body: { email, password } }
}

function comparisons(outcomes: Record<string, number>, entries: string[]) {
  const trail = tally(entries)
  const what = JSON.stringify({ outcomes, trail })
  const accepted = trail['login.accepted'] ?? 0
  assert.equal(outcomes['200'] ?? 0, accepted, what)
  assert.equal(outcomes['401 invalid_credentials'] ?? 0, trail['login.refused wrong_password'] ?? 0, what)
  return { wrong: trail['login.refused wrong_password'] ?? 0, accepted, what }
}
