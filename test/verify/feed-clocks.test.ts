/** The feed of two real servers behind one address whose clocks are apart (F-CLOCK-02). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createVerifier } from '../../verify/src/index.ts'
import { createRunningClock } from '../support/clock.ts'
import { postgres } from '../support/engines.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import { listen, verdict } from './guarded-api.ts'

const over = '401 token_invalid session_over'

describe('two servers whose clocks are apart, behind one address', { skip: postgres.missing() }, () => {
  for (const apartMs of [4_000, 30_000])
    it(`${apartMs / 1_000} s: let no token outlive its logout by more than 2 s, and no API go silent`, async (t) => {
      const { behind, ahead } = await openBoth(t, apartMs)
      const balancer = await openBalancer(t, ahead)
      const verifier = createVerifier({
        issuer: behind.publicUrl,
        jwksUri: `${behind.url}/.well-known/jwks.json`,
        revocationsUri: `${balancer.url}/auth/revocations`,
        liveness: 'feed',
      })
      t.after(() => verifier.close())
      const ask = async (token: string) => verdict(await verifier.verify(token))
      const [ada, bob] = [await behind.makeAccount(), await behind.makeAccount('bob@example.test')]
      const leaving = await behind.enter(ada)
      const gone = await behind.accessToken(leaving)
      const staying = await behind.accessToken(await behind.enter(bob))
      for (const token of [gone, staying]) assert.equal(await ask(token), '200')

      // As a connection that is opened anew, or a server that is restarted.
      balancer.leadTo(behind)
      await leaving.post('/auth/logout')

      const endedAt = performance.now()
      await eventually(async () => assert.equal(await ask(gone), over), { withinMs: 2_000 })
      // Longer than feedMaxAge: the statements of the one behind are news too.
      await sleep(5_500 - (performance.now() - endedAt))
      assert.equal(await ask(staying), '200')
    })
})

type Test = { after(done: () => Promise<void> | void): void }

async function openBalancer(t: Test, first: TestGate) {
  let gate = first
  const { url } = await listen(t, async (req, res) => {
    const reply = await fetch(`${gate.url}${req.url}`)
    res.writeHead(reply.status).end(await reply.text())
  })
  return {
    url,
    leadTo: (next: TestGate) => {
      gate = next
    },
  }
}

async function openBoth(t: Test, apartMs: number): Promise<{ behind: TestGate; ahead: TestGate }> {
  const store = await postgres.open()
  t.after(store.cleanUp)
  const engine = { ...postgres, open: async () => ({ ...store, cleanUp: async () => {} }) }
  const env = { PUBLIC_URL: 'http://localhost:1' }
  const fast = createRunningClock()
  fast.advance(apartMs)
  const ahead = await openGate(undefined, { engine, env, clock: fast })
  const behind = await openGate(undefined, { engine, env, clock: createRunningClock() })
  t.after(async () => {
    await ahead.close()
    await behind.close()
  })
  return { behind, ahead }
}
