/** What is set up wrongly is said, with the fix. CORS is told in a browser (tabs.test.ts). */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createClient } from '../../client/src/index.ts'
import { openGate } from '../support/gate.ts'
import { openBrowserLike, problem } from './browser-like.ts'

function at(t: TestContext, href: string): void {
  Object.defineProperty(globalThis, 'location', { value: new URL(href), configurable: true })
  t.after(() => Reflect.deleteProperty(globalThis, 'location'))
}

describe('a wrong set-up', () => {
  it('is an address that answers with a page', async () => {
    const page = async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })
    const auth = createClient({ url: 'http://localhost:3000/auth', fetch: page })
    await assert.rejects(auth.ready(), {
      kind: 'config',
      code: 'not_sallyport',
      status: 200,
      fix: /proxy \/auth/,
    })
    auth.dispose()
  })

  it("is an address that isn't the one of /auth", async (t) => {
    const gate = await openGate(t)
    const browser = openBrowserLike(gate)
    t.after(browser.close)
    const auth = browser.tab({ url: gate.url })
    await assert.rejects(auth.login({ email: 'a@example.test', password: 'b' }), {
      kind: 'config',
      code: 'not_found',
      status: 404,
    })
  })

  it('is another API that answers with JSON', async () => {
    const auth = createClient({
      url: 'http://localhost:3000/auth',
      fetch: async () => Response.json({ ok: true }),
    })
    await assert.rejects(auth.ready(), { kind: 'config', code: 'not_sallyport' })
    auth.dispose()
  })

  it('is a part of an address outside of a page', async () => {
    const auth = createClient({ url: '/auth' })
    await assert.rejects(auth.ready(), { kind: 'config', code: 'not_sallyport', message: /whole address/ })
    auth.dispose()
  })

  it('is a page at localhost that calls 127.0.0.1, told once on the console', async (t) => {
    at(t, 'http://localhost:3000/')
    const told = t.mock.method(console, 'error', () => {})
    const auth = createClient({
      url: 'http://127.0.0.1:5000/auth',
      fetch: () => assert.fail('nothing is sent'),
    })
    for (let times = 0; times < 2; times++)
      await assert.rejects(auth.ready(), {
        kind: 'config',
        code: 'other_host',
        fix: /Open the page at 127\.0\.0\.1/,
      })
    assert.match(String(told.mock.calls[0]?.arguments[0]), /two cookie jars.*Open the page/)
    assert.equal(told.mock.callCount(), 1)
    auth.dispose()
  })

  it('is an origin that the server does not know, and quiet in production', async (t) => {
    const told = t.mock.method(console, 'error', () => {})
    const auth = createClient({
      url: 'https://auth.example.com/auth',
      fetch: () => problem(403, 'cross_site_request'),
    })
    await assert.rejects(auth.login({ email: 'a@example.test', password: 'b' }), {
      kind: 'config',
      fix: 'do otherwise',
    })
    assert.equal(told.mock.callCount(), 0)
    auth.dispose()
  })

  it("is no network at all: that is nobody's fault", async (t) => {
    at(t, 'https://app.example.com/')
    const fetch = () => Promise.reject(new TypeError('Failed to fetch'))
    const auth = createClient({ url: 'https://auth.example.com/auth', fetch })
    await assert.rejects(auth.ready(), { kind: 'offline', code: 'offline' })
    auth.dispose()
  })
})
