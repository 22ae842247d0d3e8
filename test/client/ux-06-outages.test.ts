/** UX-06: a network that is away, a server that is busy or down, an answer that doesn't come: nobody is signed out by any of them. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type AuthClient, createClient, type SallyportError } from '../../client/src/index.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type BrowserLike, type Fault, offline, openBrowserLike, problem, signIn } from './browser-like.ts'

async function openScene(
  t: TestContext,
): Promise<{ gate: TestGate; browser: BrowserLike; auth: AuthClient }> {
  const gate = await openGate(t)
  const ada = await gate.makeAccount()
  const browser = openBrowserLike(gate)
  t.after(browser.close)
  const auth = browser.tab({ timeout: 300 })
  await signIn(gate, ada, auth)
  return { gate, browser, auth }
}

const hangs: Fault = () => new Promise(() => {})
const slow: Fault = (_, forward) => new Promise((resolve) => setTimeout(() => resolve(forward()), 1_000))
/** A fetch as it is: it ends with its signal. */
const heeding =
  (fault: Fault): Fault =>
  (sent, forward) =>
    Promise.race([
      fault(sent, forward) as Promise<Response>,
      new Promise<never>((_, reject) => {
        sent.signal?.addEventListener('abort', () => reject(sent.signal?.reason))
      }),
    ])

const outages: {
  name: string
  fault: Fault
  kind: SallyportError['kind']
  code: string
  isOffline: boolean
}[] = [
  { name: 'no network', fault: offline, kind: 'offline', code: 'offline', isOffline: true },
  {
    name: 'a 429',
    fault: () => problem(429, 'rate_limited'),
    kind: 'rate-limited',
    code: 'rate_limited',
    isOffline: false,
  },
  {
    name: 'a 503',
    fault: () => problem(503, 'service_unavailable'),
    kind: 'unavailable',
    code: 'service_unavailable',
    isOffline: false,
  },
  {
    name: 'a proxy whose server is away',
    fault: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    kind: 'unavailable',
    code: 'service_unavailable',
    isOffline: false,
  },
  {
    name: 'a 500',
    fault: () => problem(500, 'internal'),
    kind: 'unavailable',
    code: 'internal',
    isOffline: false,
  },
  { name: 'no answer', fault: heeding(hangs), kind: 'unavailable', code: 'timeout', isOffline: true },
  { name: 'a slow answer', fault: heeding(slow), kind: 'unavailable', code: 'timeout', isOffline: true },
  {
    name: 'a page instead of an answer',
    fault: async () =>
      new Response('<h1>Log in to the hotel</h1>', { headers: { 'content-type': 'text/html' } }),
    kind: 'config',
    code: 'not_sallyport',
    isOffline: false,
  },
]

describe('UX-06 outages', () => {
  for (const { name, fault, kind, code, isOffline } of outages) {
    it(`stays signed in through ${name}, and renews when it is over`, async (t) => {
      const { browser, auth } = await openScene(t)
      browser.fail(fault)
      await assert.rejects(auth.token(), { kind, code })
      await assert.rejects(auth.fetch('/auth/protected'), { kind, code })
      assert.equal(auth.state.stage, 'verified')
      assert.equal(auth.state.offline, isOffline)
      browser.fail()
      // A second, where the server itself has said "not now".
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 1_500 })
      assert.ok(await auth.token())
      assert.equal(auth.state.offline, false)
    })

    it(`uses a token that is still valid through ${name}`, async (t) => {
      const { browser, auth } = await openScene(t)
      const token = await auth.token()
      browser.fail((sent, forward) => (sent.path === '/auth/token' ? fault(sent, forward) : undefined))
      // Its last seconds: a renewal is due, and fails.
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 290_000 })
      assert.equal(await auth.token(), token)
      assert.equal((await auth.fetch('/auth/protected')).status, 200)
    })

    it(`does not know who is signed in through ${name} at the start, and finds out afterwards`, async (t) => {
      const { browser } = await openScene(t)
      browser.fail(fault)
      const auth = browser.tab({ timeout: 300 })
      await assert.rejects(auth.ready(), { code })
      assert.equal(auth.state.stage, 'loading')
      browser.fail()
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 1_500 })
      await auth.ready()
      assert.equal(auth.state.stage, 'verified')
    })
  }

  it('asks again by itself while it does not know who is signed in', async (t) => {
    const { browser } = await openScene(t)
    let failures = 1
    browser.fail(() =>
      failures-- > 0 ? problem(503, 'service_unavailable', { 'retry-after': '1' }) : undefined,
    )
    const auth = browser.tab()
    auth.subscribe(() => {})
    await eventually(() => assert.equal(auth.state.stage, 'verified'))
  })

  it('leaves a server alone for as long as Retry-After says', async (t) => {
    const { browser, auth } = await openScene(t)
    browser.fail(() => problem(429, 'rate_limited', { 'retry-after': '20' }))
    await assert.rejects(auth.token(), { retryAfter: 20 })
    const before = browser.requests.length
    for (let calls = 0; calls < 50; calls++) await assert.rejects(auth.token(), { code: 'rate_limited' })
    assert.equal(browser.requests.length, before)
    browser.fail()
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 25_000 })
    assert.ok(await auth.token())
  })

  it('hands an error of the network of an API over as fetch throws it', async (t) => {
    const { browser, auth } = await openScene(t)
    await auth.token()
    browser.fail(({ path }) => (path === '/auth/protected' ? offline() : undefined))
    await assert.rejects(auth.fetch('/auth/protected'), TypeError)
    await assert.rejects(auth.fetch('/auth/protected', { signal: AbortSignal.abort() }), {
      name: /AbortError|TypeError/,
    })
    assert.equal(auth.state.stage, 'verified')
  })

  it('stays signed in while the server restarts, over real connections', async (t) => {
    const { gate, browser } = await openScene(t)
    const proxy = await startTcpProxy({ port: gate.port })
    t.after(proxy.close)
    const cookies = browser.cookies()
    const auth = createClient({
      url: `${proxy.through(gate.url)}auth`,
      timeout: 500,
      fetch: (input, init = {}) =>
        fetch(input, { ...init, headers: { ...(init.headers as object), cookie: cookies } }),
    })
    t.after(auth.dispose)
    await auth.token()
    proxy.cut()
    const [{ token, fetch: call }] = [auth]
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 600_000 })
    await assert.rejects(token(), { kind: 'offline' })
    proxy.restore()
    await gate.restart()
    assert.ok(await token())
    proxy.swallowReplies()
    await assert.rejects(call('/auth/protected', { signal: AbortSignal.timeout(300) }), {
      name: 'TimeoutError',
    })
    assert.equal(auth.state.stage, 'verified')
  })
})
