import { readSession } from './keeper.ts'
import type { AuthState } from './state.ts'
import type { Fetch, Reply } from './transport.ts'

export type ForRequestOptions = {
  /** The whole address of Sallyport's /auth, as this server reaches it. */
  url: string
  fetch?: Fetch
  /** ms. 2 s unless said: a page should not wait longer for this. */
  timeout?: number
}

type RequestHeaders = Headers | Record<string, string | string[] | undefined>

/**
 * Who sent the request that a page is rendered for: reads the session cookie and asks Sallyport. It renews nothing and sets no
 * cookie, since rendering must not change a session. Never throws: what can't be known now is `loading`, and the browser asks
 * again. Give the result to `createClient` as `initial`, on the server and in the page.
 */
export async function forRequest(headers: RequestHeaders, options: ForRequestOptions): Promise<AuthState> {
  const cookie = sessionCookieOf(read(headers, 'cookie'))
  if (!cookie) return { stage: 'anonymous', offline: false }
  const flowId = read(headers, 'x-flow-id')
  const { fetch = globalThis.fetch, timeout = 2_000 } = options
  try {
    const reply = await fetch(`${options.url.replace(/\/+$/, '')}/session`, {
      headers: { cookie, ...(flowId && { 'x-flow-id': flowId }) },
      signal: AbortSignal.timeout(timeout),
      redirect: 'error',
    })
    if (!reply.ok) return { stage: 'loading', offline: false }
    return { ...readSession((await reply.json()) as Reply), offline: false }
  } catch {
    return { stage: 'loading', offline: true }
  }
}

/** Sallyport's cookie alone: what else this server's own cookies say is nobody's business. */
function sessionCookieOf(header: string): string {
  const pairs = header.split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => /^(__Host-)?sallyport\.sid=/.test(pair)).join('; ')
}

function read(headers: RequestHeaders, name: string): string {
  if ('get' in headers && typeof headers.get === 'function') return headers.get(name) ?? ''
  return String((headers as Record<string, string | string[] | undefined>)[name] ?? '')
}
