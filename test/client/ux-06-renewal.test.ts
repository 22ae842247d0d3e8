/** UX-06: one renewal for all who need it, one retry and not more, and nothing that comes back after a logout. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { AuthClient } from '../../client/src/index.ts'
import { openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import { type BrowserLike, gateOf, openBrowserLike, problem, signIn } from './browser-like.ts'

type Scene = { gate: TestGate; ada: TestAccount; browser: BrowserLike; auth: AuthClient }

async function openScene(t: TestContext): Promise<Scene> {
  const gate = await openGate(t)
  const ada = await gate.makeAccount()
  const browser = openBrowserLike(gate)
  t.after(browser.close)
  const auth = browser.tab()
  await signIn(gate, ada, auth)
  return { gate, ada, browser, auth }
}

/** As many milliseconds later for the clients of this process, and for the server. */
function pass(t: TestContext, gate: TestGate, milliseconds: number): void {
  gate.clock.advance(milliseconds)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + milliseconds })
}

/** An API of somebody else's that gives its answers in turn, the last one for ever. */
async function openApi(t: TestContext, answers: [status: number, body?: string, type?: string][]) {
  const seen: (string | undefined)[] = []
  const server = createServer((req, res) => {
    const [status, body = '', type = 'application/problem+json'] = answers[
      Math.min(seen.length, answers.length - 1)
    ] as [number]
    seen.push(req.headers.authorization)
    req.resume()
    res.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.closeAllConnections())
  t.after(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

describe('UX-06 renewal', () => {
  it('renews once for 50 parallel calls with an expired token', async (t) => {
    const { gate, browser, auth } = await openScene(t)
    const old = await auth.token()
    pass(t, gate, 6 * 60_000)
    const replies = await Promise.all(Array.from({ length: 50 }, () => auth.fetch('/auth/protected')))
    assert.deepEqual(
      replies.map(({ status }) => status),
      Array.from({ length: 50 }, () => 200),
    )
    assert.equal(browser.count(/POST \/auth\/token/), 2)
    assert.notEqual(await auth.token(), old)
  })

  it('renews once for 50 parallel calls with a token that only the server knows to be over', async (t) => {
    const { gate, browser, auth } = await openScene(t)
    await auth.token()
    // This device's clock stands still.
    gate.clock.advance('7m')
    const replies = await Promise.all(Array.from({ length: 50 }, () => auth.fetch('/auth/protected')))
    assert.ok(replies.every(({ status }) => status === 200))
    assert.equal(browser.count(/POST \/auth\/token/), 2)
    assert.equal(browser.count(/GET \/auth\/protected/), 100)
  })

  it('renews at most once in each of five tabs', async (t) => {
    const { gate, browser, auth } = await openScene(t)
    const tabs = [auth, browser.tab(), browser.tab(), browser.tab(), browser.tab()]
    await Promise.all(tabs.map((tab) => tab.token()))
    pass(t, gate, 6 * 60_000)
    const before = browser.count(/POST \/auth\/token/)
    await Promise.all(tabs.flatMap((tab) => Array.from({ length: 10 }, () => tab.token())))
    assert.equal(browser.count(/POST \/auth\/token/) - before, 5)
  })

  it('sends to an API that always answers 401 exactly twice, and hands its answer over', async (t) => {
    const { browser, auth } = await openScene(t)
    const api = await openApi(t, [[401]])
    const other = browser.tab({ origins: [api.url] })
    const reply = await other.fetch(`${api.url}/x`, { method: 'POST', body: 'text' })
    assert.equal(reply.status, 401)
    assert.equal(api.seen.length, 2)
    assert.notEqual(api.seen[0], api.seen[1])
    assert.deepEqual([other.state.stage, auth.state.stage], ['verified', 'verified'])
  })

  it('sends again after 403 bearer_missing, and not after a refusal that no token cures', async (t) => {
    const { browser } = await openScene(t)
    const missing = await openApi(t, [[403, '{"code":"bearer_missing"}'], [200]])
    const forbidden = await openApi(t, [[403, '{"code":"reauth_required"}']])
    const wrong = await openApi(t, [[401, '{"code":"invalid_credentials"}']])
    const auth = browser.tab({ origins: [missing.url, forbidden.url, wrong.url] })
    assert.equal((await auth.fetch(missing.url)).status, 200)
    assert.equal((await auth.fetch(forbidden.url)).status, 403)
    const reply = await auth.fetch(wrong.url)
    assert.deepEqual(await reply.json(), { code: 'invalid_credentials' })
    assert.deepEqual([missing.seen.length, forbidden.seen.length, wrong.seen.length], [2, 1, 1])
  })

  it('sends a stream once only', async (t) => {
    const { browser } = await openScene(t)
    const api = await openApi(t, [[401]])
    const auth = browser.tab({ origins: [api.url] })
    const body = new Blob(['once']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    assert.equal((await auth.fetch(api.url, init)).status, 401)
    assert.equal(api.seen.length, 1)
  })

  it('shows the token to no other origin, and leaves a header of the caller alone', async (t) => {
    const { auth } = await openScene(t)
    const api = await openApi(t, [[401]])
    assert.equal((await auth.fetch(api.url)).status, 401)
    await auth.fetch('/auth/protected', { headers: { authorization: 'Bearer mine' } })
    assert.deepEqual(api.seen, [undefined])
  })

  it('stays out when a renewal comes back after the logout', async (t) => {
    const { browser, auth } = await openScene(t)
    const { wait, open } = gateOf()
    browser.fail(async ({ path }, forward) => {
      if (path !== '/auth/token') return undefined
      const reply = await forward()
      await wait
      return reply
    })
    const waiting = auth.token()
    const refused = assert.rejects(waiting, { code: 'superseded' })
    await eventually(() => assert.ok(browser.count(/POST \/auth\/token/)))
    await auth.logout()
    open()
    await refused
    assert.deepEqual(auth.state, { stage: 'anonymous', offline: false })
    await assert.rejects(auth.token(), { code: 'session_missing' })
  })

  it('stays out when a login comes back after the logout, on the server too', async (t) => {
    const { gate, ada, browser, auth } = await openScene(t)
    await auth.logout()
    await auth.login(ada)
    const { wait, open } = gateOf()
    browser.fail(async ({ path }, forward) => {
      if (path !== '/auth/verify-otp') return undefined
      const reply = await forward()
      await wait
      return reply
    })
    const verifying = assert.rejects(auth.verify(await gate.code(ada)), { code: 'superseded' })
    const leaving = auth.logout()
    assert.equal(auth.state.stage, 'anonymous')
    open()
    await Promise.all([verifying, leaving])
    browser.fail()
    assert.equal((await browser.tab().ready()).stage, 'anonymous')
  })

  it('is not shown a session that it left while offline, and tells the server later', async (t) => {
    const { browser, auth } = await openScene(t)
    browser.fail(() => Promise.reject(new TypeError('no network')))
    await assert.rejects(auth.logout(), { kind: 'offline' })
    assert.equal(auth.state.stage, 'anonymous')
    browser.fail()
    const before = browser.count(/POST \/auth\/logout/)
    // Another tab says that something changed: this one asks, and must not come back in.
    const other = browser.tab()
    await other.ready()
    const channel = new BroadcastChannel(`sallyport:${new URL('/auth', browser.base)}`)
    channel.postMessage(['sallyport'])
    await eventually(() => assert.ok(browser.count(/POST \/auth\/logout/) > before))
    channel.close()
    await assert.rejects(other.token())
    assert.deepEqual([auth.state.stage, other.state.stage], ['anonymous', 'anonymous'])
  })

  it('waits at most 3 s for a lock that is held for ever', async (t) => {
    const { browser } = await openScene(t)
    const { wait: released, open: release } = gateOf()
    const { wait: held, open: isHeld } = gateOf()
    const name = `sallyport:${new URL('/auth', browser.base)}`
    const holding = navigator.locks.request(name, () => {
      isHeld()
      return released
    })
    await held
    const started = performance.now()
    await browser.tab().token()
    const took = performance.now() - started
    release()
    await holding
    assert.ok(took > 2_900 && took < 3_900, `${took} ms`)
  })

  it('signs out, here and in the other tabs, when the server says that the session is over', async (t) => {
    const { gate, ada, browser, auth } = await openScene(t)
    const other = browser.tab()
    await other.token()
    await gate.disable(ada)
    pass(t, gate, 6 * 60_000)
    await assert.rejects(auth.token(), { code: 'session_ended' })
    assert.equal(auth.state.stage === 'anonymous' && auth.state.endedBecause, 'disabled')
    await eventually(() => assert.equal(other.state.stage, 'anonymous'))
  })

  it('does not believe one refusal when the session says otherwise', async (t) => {
    const { browser, auth } = await openScene(t)
    let refusals = 1
    browser.fail(({ path }) =>
      path === '/auth/token' && refusals-- > 0 ? problem(401, 'session_missing') : undefined,
    )
    assert.ok(await auth.token())
    assert.equal(auth.state.stage, 'verified')
  })
})
