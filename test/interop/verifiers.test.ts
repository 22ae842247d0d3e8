/** UX-07: what other people use to check tokens takes ours and no other, set up as docs/verifying.md says. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Forge, openForge } from '../attacks/forge.ts'
import { createManualClock } from '../support/clock.ts'
import { foreignTokens } from './foreign.ts'
import type { PublicKeyAlgorithm, Verifier } from './verifier.ts'
import { verifiers } from './verifiers.ts'

for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
  describe(`somebody else's verifier and a token of ${algorithm}`, () => {
    let forge: Forge

    before(async () => {
      // The verifiers look at the clock of this machine.
      forge = await openForge(undefined, algorithm, { clock: createManualClock(Date.now()) })
    })
    after(() => forge.gate.close())

    for (const verifier of verifiers) {
      const skip = verifier.missing?.() ?? false
      if (verifier.algorithms.includes(algorithm)) {
        it(`${verifier.name} takes ours and no other`, { skip }, async (t) => {
          const { accountOf } = await open(t, verifier, forge, algorithm)
          const account = forge.ada.id

          assert.equal(await accountOf(forge.token), account)
          for (const [name, token] of Object.entries(await foreignTokens(forge, algorithm)))
            assert.equal(await accountOf(token), undefined, name)
          assert.equal(await accountOf(forge.token), account)
        })
      } else {
        it(`${verifier.name} does not know the algorithm, and refuses`, { skip }, async (t) => {
          const { accountOf } = await open(t, verifier, forge, algorithm)
          assert.equal(await accountOf(forge.token).catch(() => undefined), undefined)
        })
      }
    }
  })
}

async function open(
  t: { after(done: () => Promise<void>): void },
  verifier: Verifier,
  { gate }: Forge,
  algorithm: PublicKeyAlgorithm,
) {
  const { body } = await gate.client().get('/.well-known/oauth-authorization-server')
  const opened = await verifier.open({
    issuer: gate.publicUrl,
    jwksUri: body.jwks_uri,
    audience: gate.settings.tokenAudience,
    algorithm,
  })
  t.after(opened.close)
  return opened
}
