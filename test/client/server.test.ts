/** Rendering on a server: who sent this request, without changing anything. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server'
import { type AuthState, createClient } from '../../client/src/index.ts'
import {
  OtpInput,
  SallyportProvider,
  SignedIn,
  SignedOut,
  useAuth,
  useSession,
} from '../../client/src/react.ts'
import { forRequest } from '../../client/src/server.ts'
import { openGate } from '../support/gate.ts'

function cookieOf(client: { cookies: Map<string, string> }): string {
  return [...client.cookies].map((pair) => pair.join('=')).join('; ')
}

describe('forRequest', () => {
  it('reads the session of the request, as Headers and as Node has them', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const options = { url: `${gate.url}/auth` }
    const pending = await gate.logIn(ada)
    assert.equal((await forRequest({ cookie: cookieOf(pending) }, options)).stage, 'otp_pending')
    const client = await gate.enter(ada)
    const cookie = `theme=dark; ${cookieOf(client)}`
    for (const headers of [{ cookie }, new Headers({ cookie })]) {
      const state = await forRequest(headers, options)
      assert.deepEqual(state.stage === 'verified' && state.user, { id: ada.id, email: ada.email })
    }
  })

  it('asks nothing without a cookie, and sends no cookie but its own', async (t) => {
    const seen: (string | undefined)[] = []
    const server = createServer((req, res) => {
      seen.push(`${req.headers.cookie} ${req.headers['x-flow-id']}`)
      res
        .setHeader('Set-Cookie', 'sallyport.sid=other')
        .writeHead(200, { 'content-type': 'application/json' })
      res.end('{"stage":"anonymous","endedBecause":"idle"}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth`
    assert.deepEqual(await forRequest({ cookie: 'theme=dark' }, { url }), {
      stage: 'anonymous',
      offline: false,
    })
    const headers = { cookie: 'theme=dark; __Host-sallyport.sid=s:x; bank=secret', 'x-flow-id': '7Q2M-K4XD' }
    const state = await forRequest(headers, { url })
    assert.deepEqual(state, { stage: 'anonymous', endedBecause: 'idle', offline: false })
    assert.deepEqual(seen, ['__Host-sallyport.sid=s:x 7Q2M-K4XD'])
  })

  it('does not know, rather than signs out, when the server is away or busy', async () => {
    const headers = { cookie: 'sallyport.sid=s:x' }
    const at = (fetch: () => Promise<Response>) => forRequest(headers, { url: 'http://a.test/auth', fetch })
    const away = await at(() => Promise.reject(new TypeError('fetch failed')))
    assert.deepEqual(away, { stage: 'loading', offline: true })
    const busy = await at(async () => new Response('', { status: 503 }))
    assert.deepEqual(busy, { stage: 'loading', offline: false })
  })
})

function Page() {
  const { stage, auth } = useAuth()
  const session = useSession({ required: true, onMissing: () => assert.fail('an effect, on a server') })
  return h(
    'main',
    { 'data-stage': stage, 'data-required': session.stage },
    h(SignedIn, null, `in as ${session.user?.email}`),
    h(SignedOut, null, 'out'),
    h('i', null, typeof auth.login),
  )
}

describe('React on a server', () => {
  const states: [AuthState, RegExp][] = [
    [{ stage: 'loading', offline: false }, /data-stage="loading" data-required="loading"><i>/],
    [{ stage: 'anonymous', offline: false }, /data-stage="anonymous" data-required="loading">out<i>/],
    [
      { stage: 'verified', sessionId: 's', user: { id: 'u', email: 'ada@example.test' }, offline: false },
      /data-stage="verified" data-required="verified">in as ada@example.test<i>/,
    ],
  ]
  for (const [initial, expected] of states) {
    it(`renders what is known when it is ${initial.stage}, and asks nothing`, () => {
      const client = createClient({ url: '/auth', initial, fetch: () => assert.fail('nothing is asked') })
      assert.match(renderToString(h(SallyportProvider, { client }, h(Page))), expected)
    })
  }

  it('renders one field for the code, that managers and keyboards know', () => {
    const client = createClient({ url: '/auth' })
    const html = renderToString(h(SallyportProvider, { client }, h(OtpInput, { id: 'code' })))
    for (const attribute of [
      'autoComplete="one-time-code"',
      'inputMode="numeric"',
      'name="otp"',
      'type="text"',
    ])
      assert.ok(html.includes(attribute), html)
    assert.equal(html.match(/<input/g)?.length, 1)
    assert.match(html, /role="alert"/)
  })

  it('says what is missing when there is no provider', () => {
    assert.throws(() => renderToString(h(Page)), /SallyportProvider/)
  })
})
