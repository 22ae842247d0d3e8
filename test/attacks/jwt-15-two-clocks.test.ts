/** A-JWT-15: two servers of one installation whose clocks differ. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createManualClock } from '../support/clock.ts'
import { postgres } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-JWT-15: two clocks', { skip: postgres.missing() }, () => {
  it('a token of the one that is 30 s ahead is good at the other, of one that is 90 s ahead it is not', async (t) => {
    const store = await postgres.open()
    t.after(store.cleanUp)
    const engine = { ...postgres, open: async () => ({ ...store, cleanUp: async () => {} }) }
    const env = { PUBLIC_URL: 'http://localhost' }
    const start = Date.UTC(2026, 0, 1)
    const slow = await openGate(t, { engine, env, clock: createManualClock(start) })
    const fast = await openGate(t, { engine, env, clock: createManualClock(start + 30_000) })
    const client = await fast.enter(await fast.makeAccount())

    const near = await fast.accessToken(client)
    assert.equal((await slow.client().get('/auth/protected', { bearer: near })).status, 200)

    fast.clock.advance('1m')
    const far = await fast.accessToken(client)
    assertProblem(await slow.client().get('/auth/protected', { bearer: far }), 401, 'token_invalid')
    // An expired one is expired by the clock of whoever looks.
    slow.clock.advance(330_000)
    assertProblem(await slow.client().get('/auth/protected', { bearer: near }), 401, 'token_expired')
  })
})
