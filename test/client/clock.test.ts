/** Tokens that run out while nobody asks: the server's clock, renewal ahead of time, tabs that nobody looks at. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientOptions } from '../../client/src/index.ts'
import { openGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import { type Fault, openBrowserLike, signIn } from './browser-like.ts'

async function signedIn(t: TestContext, options: Partial<ClientOptions>) {
  const gate = await openGate(t)
  const browser = openBrowserLike(gate)
  t.after(browser.close)
  const auth = browser.tab(options)
  await signIn(gate, await gate.makeAccount(), auth)
  return { browser, auth, renewals: () => browser.count(/POST \/auth\/token/) }
}

/** The server's own answers, by a clock that is so far ahead. */
function ahead(minutes: number): Fault {
  return async (_, forward) => {
    const reply = await forward()
    const headers = new Headers(reply.headers)
    headers.set('date', new Date(Date.now() + minutes * 60_000).toUTCString())
    return new Response(await reply.text(), { status: reply.status, headers })
  }
}

/** Tokens of a second. */
const shortLived: Fault = async ({ path }, forward) => {
  if (path !== '/auth/token') return undefined
  const reply = await forward()
  const body = JSON.stringify({ ...((await reply.json()) as object), expiresIn: 1 })
  return new Response(body, { status: reply.status, headers: reply.headers })
}

describe('the clock of the server', () => {
  for (const [clockSkew, wanted] of [
    ['auto', 2],
    [0, 1],
  ] as const) {
    it(`decides that a token has run out, with clockSkew ${clockSkew}: ${wanted} renewals`, async (t) => {
      const { browser, auth, renewals } = await signedIn(t, { clockSkew })
      await auth.token()
      browser.fail(ahead(10))
      // Any answer tells the time.
      await auth.fetch(`${browser.base}/auth/session`)
      await auth.resend().catch(() => {})
      await auth.token()
      assert.equal(renewals(), wanted)
    })
  }
})

describe('renewal in the background', () => {
  it('comes before the token runs out, without being asked', async (t) => {
    const { browser, auth, renewals } = await signedIn(t, { background: true })
    browser.fail(shortLived)
    await auth.token()
    await eventually(async () => assert.ok(renewals() >= 3, `${renewals()}`), { withinMs: 5_000 })
    auth.dispose()
    const atTheEnd = renewals()
    await sleep(1_500)
    assert.ok(renewals() <= atTheEnd + 1)
  })

  it('never comes in a hidden tab, nor where nobody wanted it', async (t) => {
    const scope = globalThis as { document?: unknown }
    const before = scope.document
    t.after(() => {
      scope.document = before
    })
    for (const [background, hidden] of [
      [true, true],
      [false, false],
    ] as const) {
      const { browser, auth, renewals } = await signedIn(t, { background })
      scope.document = { hidden }
      browser.fail(shortLived)
      await auth.token()
      await sleep(1_500)
      assert.equal(renewals(), 1)
      await auth.token()
      assert.equal(renewals(), 2)
    }
  })
})
