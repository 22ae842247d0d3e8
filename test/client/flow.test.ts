/** The client through the steps of a login, against the real server. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AuthEvent, isSallyportError } from '../../client/src/index.ts'
import { openGate, wrongCode } from '../support/gate.ts'
import { openBrowserLike, problem, signIn } from './browser-like.ts'

describe('the client', () => {
  it('asks nothing before it is used, and once when it is', async (t) => {
    const gate = await openGate(t)
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab()
    assert.deepEqual(auth.state, { stage: 'loading', offline: false })
    assert.equal(auth.state, auth.state)
    assert.deepEqual(browser.requests, [])
    for (let mounts = 0; mounts < 10; mounts++) auth.subscribe(() => {})
    await auth.ready()
    assert.deepEqual(auth.state, { stage: 'anonymous', offline: false })
    assert.deepEqual(browser.requests, ['GET /auth/session'])
  })

  it('logs in, verifies a code with spaces, calls an API and logs out', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const events: AuthEvent[] = []
    const auth = browser.tab({ onEvent: (event) => void events.push(event) })

    const entered = await auth.login({ email: ada.email, password: ada.password })
    assert.equal(entered.next, 'verify-otp')
    assert.equal(auth.state.stage, 'otp_pending')
    assert.equal(auth.state.stage === 'otp_pending' && auth.state.otp?.length, 6)
    const code = await gate.code(ada)
    await auth.verify(`${code.slice(0, 3)} - ${code.slice(3)}`)
    assert.equal(auth.state.stage, 'verified')
    const before = auth.state
    const reply = await auth.fetch('/auth/protected')
    const { user } = (await reply.json()) as { user: unknown }
    assert.deepEqual(user, { id: ada.id, email: ada.email })
    assert.equal(auth.state, before, 'a snapshot stays the same until something changes')
    assert.equal(await auth.token(), await auth.token())

    await auth.logout()
    assert.deepEqual(auth.state, { stage: 'anonymous', offline: false })
    await assert.rejects(auth.token(), { code: 'session_missing', kind: 'refused', status: 401 })
    assert.equal((await auth.fetch('/auth/protected')).status, 403)
    const stages = events.flatMap((event) => (event.type === 'state' ? event.state.stage : []))
    assert.deepEqual(stages, ['otp_pending', 'verified', 'anonymous'])
    assert.equal(events.filter(({ type }) => type === 'renewed').length, 1)
  })

  it('says what was wrong with a code and how many tries are left', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab()
    await auth.login(ada)
    const code = await gate.code(ada)
    await assert.rejects(auth.verify(wrongCode(code)), (thrown) => {
      assert.ok(isSallyportError(thrown))
      assert.deepEqual([thrown.kind, thrown.code, thrown.status], ['refused', 'otp_invalid', 401])
      assert.match(thrown.flowId ?? '', /^\w{4}-\w{4}$/)
      assert.ok(thrown.fix)
      return true
    })
    assert.equal(auth.state.stage === 'otp_pending' && auth.state.otp?.attemptsLeft, 4)
    await assert.rejects(auth.resend(), { code: 'otp_resend_too_soon', kind: 'rate-limited', retryAfter: 30 })
    gate.clock.advance('31s')
    assert.equal((await auth.resend()).attemptsLeft, 4)
    for (let tries = 4; tries > 1; tries--) await assert.rejects(auth.verify(wrongCode(code)))
    await assert.rejects(auth.verify(wrongCode(code)), (thrown: { code: string }) =>
      /^otp_/.test(thrown.code),
    )
    await assert.rejects(auth.verify(code), { code: 'otp_attempts_exhausted' })
    assert.equal(auth.state.stage, 'anonymous')
  })

  it('takes the second of two clicks for the same success', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab()
    await auth.login(ada)
    const code = await gate.code(ada)
    const both = await Promise.all([auth.verify(code), auth.verify(code)])
    assert.deepEqual(
      both.map(({ stage }) => stage),
      ['verified', 'verified'],
    )
  })

  it('registers, and trusts a device, which then needs no code', async (t) => {
    const gate = await openGate(t)
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab()
    const who = { email: 'new@example.test', password: 'a long password of somebody new' }
    assert.equal((await auth.register(who)).next, 'verify-otp')
    await auth.verify(await gate.code(who))
    await auth.logout()
    await auth.login(who)
    await auth.verify(await gate.code(who), { trustDevice: true })
    await auth.logout()
    assert.deepEqual(await auth.login(who), { next: 'token' })
    assert.equal(auth.state.stage, 'verified')
  })

  it('signs out everywhere', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const [here, there] = [openBrowserLike(gate), openBrowserLike(gate, gate.publicUrl)]
    t.after(here.close)
    t.after(there.close)
    const [phone, desk] = [here.tab(), there.tab()]
    await signIn(gate, ada, phone)
    await signIn(gate, ada, desk)
    await phone.logout({ everywhere: true })
    await assert.rejects(desk.token(), { code: 'session_ended' })
    assert.deepEqual([desk.state.stage, phone.state.stage], ['anonymous', 'anonymous'])
    assert.equal(desk.state.stage === 'anonymous' && desk.state.endedBecause, 'revoked')
  })

  it('joins the requests of a login by their flow id', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab()
    await signIn(gate, ada, auth)
    const ids = browser.sent.map(({ headers }) => headers.get('x-flow-id'))
    assert.match(ids[1] ?? '', /^\w{4}-\w{4}$/)
  })

  it('says loudly that the cookie of the login was lost', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const told = t.mock.method(console, 'error', () => {})
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab({ development: true })
    await auth.login(ada)
    browser.fail(({ path }) => (path === '/auth/verify-otp' ? problem(401, 'session_missing') : undefined))
    await assert.rejects(auth.verify('123456'), { kind: 'config', code: 'cookie_lost', fix: 'do otherwise' })
    assert.equal(auth.state.stage, 'anonymous')
    assert.equal(told.mock.callCount(), 1)
  })

  it('goes on when a listener or onEvent throws', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const thrown: unknown[] = []
    t.mock.method(globalThis, 'queueMicrotask', (work: () => void) => {
      try {
        work()
      } catch (reason) {
        thrown.push(reason)
      }
    })
    const auth = browser.tab({
      onEvent() {
        throw new Error('from onEvent')
      },
    })
    auth.subscribe(() => {
      throw new Error('from a listener')
    })
    await signIn(gate, ada, auth)
    await auth.logout()
    assert.equal(auth.state.stage, 'anonymous')
    assert.ok(thrown.length >= 4)
  })

  it('does nothing more after dispose', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const browser = openBrowserLike(gate)
    const auth = browser.tab()
    await signIn(gate, ada, auth)
    auth.dispose()
    const before = browser.requests.length
    await assert.rejects(auth.token(), { code: 'disposed' })
    await assert.rejects(auth.login(ada), { code: 'disposed' })
    assert.equal(browser.requests.length, before)
  })

  it('starts from what a server has rendered, without asking', async (t) => {
    const gate = await openGate(t)
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const initial = { stage: 'anonymous', offline: false } as const
    const auth = browser.tab({ initial })
    auth.subscribe(() => {})
    assert.deepEqual(await auth.ready(), initial)
    assert.deepEqual(browser.requests, [])
  })
})
