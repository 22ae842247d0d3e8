/**
 * F-KEY-01: the signing key is rotated under requests. No valid token is refused, and the new key is published before it signs for
 * longer than anybody may keep the old JWKS.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openKeys } from '../../src/open-stores.ts'
import { systemClock } from '../../src/utils/clock.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { engines } from '../support/engines.ts'
import { openGate, sessionSecret, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { eventually } from '../support/services.ts'

for (const engine of engines) {
  describe(`key rotation under requests, ${engine.name}`, { skip: engine.missing() }, () => {
    it('refuses no valid token through two rotations', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())
      const published = async (): Promise<string[]> =>
        (await client.get('/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid)
      const publishedAt = new Map<string, number>((await published()).map((kid) => [kid, 0]))
      const signedFirst = new Map<string, number>()
      const tokens: { token: string; expiresAt: number }[] = []

      for (let minute = 0; minute < 20; minute++) {
        if (minute === 2 || minute === 10) await rotate(gate, published)
        for (const kid of await published()) publishedAt.set(kid, publishedAt.get(kid) ?? gate.clock.now())
        const asked = await Promise.all(Array.from({ length: 20 }, () => client.post('/auth/token')))
        for (const { body } of asked) {
          tokens.push({ token: body.accessToken, expiresAt: gate.clock.now() + 300_000 })
          const kid = kidOf(body.accessToken)
          signedFirst.set(kid, signedFirst.get(kid) ?? gate.clock.now())
        }
        await checkAll(gate, client, tokens)
        gate.clock.advance('59s')
        await checkAll(gate, client, tokens)
        gate.clock.advance('1s')
      }

      assert.equal(signedFirst.size, 3)
      for (const [kid, at] of [...signedFirst].slice(1)) {
        // The JWKS may be kept for 300 s.
        assert.ok(at - (publishedAt.get(kid) ?? at) >= 300_000, kid)
      }
    })
  })
}

/** What the command `sallyport key rotate` does, in a process beside the server. */
async function rotate(gate: TestGate, published: () => Promise<string[]>): Promise<void> {
  const { stores } = gate.sallyport().inside.gate
  const ring = await openKeys(gate.settings, stores, gate.clock, [deriveKey(sessionSecret, 'signing keys')])
  const { kid, added } = await ring.rotate()
  assert.equal(added, true)
  // The server follows within its 5 s of real time.
  const startedAt = systemClock.now()
  await eventually(async () => assert.ok((await published()).includes(kid)), {
    withinMs: 7_000,
    everyMs: 200,
  })
  assert.ok(systemClock.now() - startedAt < 6_000)
}

async function checkAll(
  gate: TestGate,
  client: Client,
  tokens: { token: string; expiresAt: number }[],
): Promise<void> {
  const valid = tokens.filter(({ expiresAt }) => expiresAt > gate.clock.now())
  const replies = await Promise.all(
    valid.map(({ token }) => client.get('/auth/protected', { bearer: token })),
  )
  assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}
