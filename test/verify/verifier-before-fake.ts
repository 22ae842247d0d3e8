import type { TestContext } from 'node:test'
import { createVerifier, type VerifyOptions } from '../../verify/src/index.ts'
import { openFakeIssuer } from './fake-issuer.ts'
import { verdict } from './guarded-api.ts'

/** A verifier before an issuer that misbehaves, and time that can be gone on with. */
export async function openVerifier(t: TestContext, more: Partial<VerifyOptions> = {}) {
  const fake = await openFakeIssuer(t)
  const verifier = createVerifier({ issuer: fake.url, ...more })
  t.after(() => verifier.close())
  const ask = async (token: string) => verdict(await verifier.verify(token))
  const realNow = performance.now.bind(performance)
  let ahead = 0
  t.mock.method(performance, 'now', () => realNow() + ahead)
  /** It is now so many milliseconds after the beginning, for keys that are hours old. */
  const pass = (milliseconds: number) => {
    ahead = milliseconds
  }
  return { fake, verifier, ask, pass }
}

export const away = '503 service_unavailable issuer_away'
export const unknownKid = '401 token_invalid unknown_kid'
