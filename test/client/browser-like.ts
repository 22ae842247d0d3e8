/**
 * A browser without its windows: a cookie jar that its tabs share, a network that can be made to fail, and the list of every
 * request that left it. The clients in it talk to the real server.
 */
import { type AuthClient, type ClientOptions, createClient } from '../../client/src/index.ts'
import type { TestAccount, TestGate } from '../support/gate.ts'

export type Sent = {
  method: string
  path: string
  headers: Headers
  body: string | undefined
  signal: AbortSignal | undefined
}

/** What happens to a request instead of going to the server. Nothing: it goes there. */
export type Fault = (
  sent: Sent,
  forward: () => Promise<Response>,
) => Promise<Response> | undefined | Promise<Response | undefined>

export type BrowserLike = {
  /** The address of the server. */
  base: string
  /** Every request, in order, as `POST /auth/token`. */
  requests: string[]
  sent: Sent[]
  /** How many of them match. */
  count(pattern: RegExp): number
  /** For what comes from now on; without one, the network works. */
  fail(fault?: Fault): void
  fetch: NonNullable<ClientOptions['fetch']>
  /** The Cookie header of this moment. */
  cookies(): string
  /** A client on this jar. Disposed of by `close`. */
  tab(options?: Partial<ClientOptions>): AuthClient
  close(): void
}

/** @param url of the server; tabs of one process hear each other if it is the same */
export function openBrowserLike(gate: Pick<TestGate, 'url'>, url = gate.url): BrowserLike {
  const cookies = new Map<string, string>()
  const tabs: AuthClient[] = []
  let fault: Fault = () => undefined

  async function forward(to: URL, init: RequestInit, headers: Headers): Promise<Response> {
    if (init.credentials === 'include' && cookies.size > 0) headers.set('cookie', browser.cookies())
    const reply = await fetch(to, { ...init, headers })
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return reply
  }

  const browser: BrowserLike = {
    base: url,
    requests: [],
    sent: [],
    count: (pattern) => browser.requests.filter((line) => pattern.test(line)).length,
    fail(next = () => undefined) {
      fault = next
    },
    cookies: () => [...cookies].map((pair) => pair.join('=')).join('; '),
    async fetch(input, init = {}) {
      const to = new URL(String(input))
      const { method = 'GET', body, signal } = init
      const headers = new Headers(init.headers)
      const sent = {
        ...{ method, path: to.pathname, headers, signal: signal ?? undefined },
        body: typeof body === 'string' ? body : undefined,
      }
      browser.sent.push(sent)
      browser.requests.push(`${method} ${to.pathname}`)
      const faulty = await fault(sent, () => forward(to, init, headers))
      return faulty ?? forward(to, init, headers)
    },
    tab(options = {}) {
      const auth = createClient({ url: `${url}/auth`, fetch: browser.fetch, ...options })
      tabs.push(auth)
      return auth
    },
    close() {
      for (const auth of tabs) auth.dispose()
    },
  }
  return browser
}

/** What a fetch does without a network. */
export function offline(): Promise<never> {
  return Promise.reject(new TypeError('fetch failed'))
}

export function problem(
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const body = JSON.stringify({ status, code, title: code, detail: `refused: ${code}`, fix: 'do otherwise' })
  return Promise.resolve(
    new Response(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } }),
  )
}

/** Both doors. */
export async function signIn(gate: TestGate, account: TestAccount, auth: AuthClient): Promise<void> {
  await auth.login(account)
  await auth.verify(await gate.code(account))
}

/** A promise and what resolves it: for requests that are answered when the test wants it. */
export function gateOf<T = void>(): { wait: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => {}
  const wait = new Promise<T>((resolve) => {
    open = resolve
  })
  return { wait, open }
}
