/** Keys of the real server as a guard follows them: a rotation that it lets sign early, and a key that leaked. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openKeys } from '../../src/open-keys.ts'
import type { Stores } from '../../src/stores/stores.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { createManualClock } from '../support/clock.ts'
import { openGate, sessionSecret, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import { openGuardedApi } from './guarded-api.ts'

/** As an operator's command has it: a ring of its own over the store of the server. */
const ring = ({ settings, clock, sallyport }: TestGate) =>
  openKeys(settings, sallyport().inside.gate.stores as Stores, clock, [
    deriveKey(sessionSecret, 'signing keys'),
  ])
const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

async function open(t: Parameters<typeof openGate>[0], liveness: 'none' | 'feed') {
  const clock = createManualClock(Date.now())
  const gate = await openGate(t, { clock })
  // The clock of the server goes on with that of the machine, so that each statement is newer than the last.
  const ticking = setInterval(() => clock.advance(50), 50)
  t?.after(async () => clearInterval(ticking))
  const client = await gate.enter(await gate.makeAccount())
  const api = await openGuardedApi(t, { issuer: gate.publicUrl, now: clock.now, liveness })
  return { gate, client, api, token: () => gate.accessToken(client) }
}

describe('F-KEY-02: a key that leaked', () => {
  it('takes its tokens with it within 2 s, and the token of the next key is good at once', async (t) => {
    const { gate, api, token } = await open(t, 'feed')
    const stolen = await token()
    assert.equal((await api.ask(stolen)).status, 200)
    await (await ring(gate)).revoke(kidOf(stolen))
    const refused = async () => assert.equal((await api.ask(stolen)).body.code, 'token_invalid')
    await eventually(refused, { withinMs: 2_000 })
    const next = await token()
    assert.notEqual(kidOf(next), kidOf(stolen))
    await eventually(async () => assert.equal((await api.ask(next)).status, 200), { withinMs: 2_000 })
    assert.equal((await api.ask(stolen)).body.code, 'token_invalid')
  })
})

describe('F-KEY-01: a new key', () => {
  it('is fetched within 2 s of the feed that names it, so that it may sign before the lifetime of the list', async (t) => {
    const { gate, api, token } = await open(t, 'feed')
    const old = await token()
    assert.equal((await api.ask(old)).status, 200)
    const { kid } = await (await ring(gate)).rotate()
    await eventually(
      async () => {
        await api.ask(old)
        assert.equal(kidOf(await token()), kid)
      },
      { withinMs: 5_000, everyMs: 200 },
    )
    assert.equal((await api.ask(await token())).status, 200)
    assert.equal((await api.ask(old)).status, 200)
  })
})
