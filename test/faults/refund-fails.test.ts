/** F-STORE-02: a limit that can't be given back is only stricter; the success that it was taken for stays one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

describe('a limit store that fails after the act', () => {
  it('turns no success into a refusal', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' } })
    const ada = await gate.makeAccount()
    gate.sallyport().inside.web.limits.refund = () => Promise.reject(new Error('the limit store is gone'))

    const client = await gate.enter(ada)

    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })
})
