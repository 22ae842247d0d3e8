/**
 * UX-07, F-KEY-01: the signing key is rotated while everybody's verifier is in use. None of them refuses a token, and none is
 * restarted: each finds the new key by its own rules.
 */
import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { openKeys } from '../../src/open-keys.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { createManualClock } from '../support/clock.ts'
import { openGate, sessionSecret, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import type { OpenVerifier } from './verifier.ts'
import { verifiers } from './verifiers.ts'

const minuteMs = 60_000
/** A pending key signs once the JWKS lifetime has passed; what comes after shows that the old tokens stay good. */
const minutes = 25

describe('a key rotation under the eyes of every verifier', () => {
  it('costs no token its acceptance', async (t) => {
    // In the past, so that it ends in the present: PyJWT runs in a process whose clock is not ours to move.
    const clock = createManualClock(Date.now() - minutes * minuteMs)
    const gate = await openGate(t, { clock, env: { ACCESS_TOKEN_TTL: '1h' } })
    mock.timers.enable({ apis: ['Date'], now: clock.now() })
    t.after(() => mock.timers.reset())
    const move = (milliseconds: number) => {
      clock.advance(milliseconds)
      mock.timers.setTime(clock.now())
    }
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const opened = await openAll(t, gate)
    const first = await gate.accessToken(client)
    await checkEach(opened, [first], ada.id)
    const kids = new Set([kidOf(first)])

    // All have fetched the keys a moment ago, and jose asks again for an unknown one after 30 s only: a key that signed at once
    // would be refused.
    move(1_000)
    const pending = await rotate(gate)
    for (let minute = 0; minute < minutes; minute++) {
      const token = await gate.accessToken(client)
      kids.add(kidOf(token))
      await checkEach(opened, [first, token, token], ada.id)
      move(minuteMs)
    }

    assert.deepEqual([...kids], [kidOf(first), pending])
  })
})

async function openAll(t: { after(done: () => Promise<void>): void }, gate: TestGate) {
  const { body } = await gate.client().get('/.well-known/oauth-authorization-server')
  const opened = new Map<string, OpenVerifier>()
  for (const verifier of verifiers.filter(({ missing }) => !missing?.())) {
    const each = await verifier.open({
      issuer: gate.publicUrl,
      jwksUri: body.jwks_uri,
      audience: gate.settings.tokenAudience,
      algorithm: 'ES256',
    })
    t.after(each.close)
    opened.set(verifier.name, each)
  }
  return opened
}

/** All of them at once, each token in each of them. */
async function checkEach(
  opened: Map<string, OpenVerifier>,
  tokens: string[],
  account: string,
): Promise<void> {
  const checks = [...opened].flatMap(([name, { accountOf }]) =>
    tokens.map(async (token) =>
      assert.equal(await accountOf(token), account, `${name}, key ${kidOf(token)}`),
    ),
  )
  await Promise.all(checks)
}

/** What the command `sallyport key rotate` does, in a process beside the server, which follows within its 5 s of real time. */
async function rotate(gate: TestGate): Promise<string> {
  const { stores } = gate.sallyport().inside.gate
  const ring = await openKeys(gate.settings, stores, gate.clock, [deriveKey(sessionSecret, 'signing keys')])
  const { kid } = await ring.rotate()
  const client = gate.client()
  const isPublished = async () => {
    const { body } = await client.get('/.well-known/jwks.json')
    assert.ok(body.keys.some((key: { kid: string }) => key.kid === kid))
  }
  const start = performance.now()
  await eventually(isPublished, {
    everyMs: 100,
    giveUp: () => (performance.now() - start > 8_000 ? new Error(`${kid} is not published`) : undefined),
  })
  return kid
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}
