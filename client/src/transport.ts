import { configError, errorOfReply, notSallyport, SallyportError } from './error.ts'
import { around } from './surroundings.ts'

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** A request to Sallyport. Throws a SallyportError, and nothing else. */
export type Ask = (method: string, path: string, body?: object, bearer?: string) => Promise<Reply>

// biome-ignore lint/suspicious/noExplicitAny: the server's own description of its answers is the contract; each use names its members
export type Reply = Record<string, any>

export type TransportOptions = {
  /** Sallyport's /auth: `/auth` on the page's own origin, or a whole address. */
  url: string
  fetch?: Fetch
  /** ms, for each request to Sallyport with its answer. 10 s unless said. */
  timeout?: number
  /** What to add to this device's clock, in ms. `auto` learns it from the server's Date header. */
  clockSkew?: 'auto' | number
  /** Whether a wrong set-up is told on the console. Unless said: on a loopback page. */
  development?: boolean
}

export type Transport = {
  ask: Ask
  fetch: Fetch
  base(): URL
  /** The server's time in ms, as far as it is known. */
  now(): number
  forgetCookies(): void
  /** In development, says once and loudly what is set up wrongly. Gives the error back. */
  complain(error: SallyportError): SallyportError
}

/**
 * @param keepsCookies keeps the cookies of a login itself, for where nobody else does (Node)
 * @param onReach a request got an answer, or none
 */
export function createTransport(
  { url: home, timeout = 10_000, clockSkew = 'auto', ...options }: TransportOptions,
  keepsCookies: boolean,
  disposed: AbortSignal,
  onReach: (offline: boolean) => void,
): Transport {
  const jar = new Map<string, string>()
  const reached = new Set<string>()
  let flowId: string | null = null
  let ahead = Number(clockSkew) || 0
  let isLoud = options.development ?? isLoopback(around().location?.hostname)
  const base = () => baseOf(home)
  const soon = () => AbortSignal.any([AbortSignal.timeout(timeout), disposed])
  const fetch: Fetch = (input, init) => {
    const { fetch = globalThis.fetch } = options
    return fetch(input, init)
  }

  async function send(method: string, path: string, body?: object, bearer?: string): Promise<Reply> {
    disposed.throwIfAborted()
    refuseOtherHost(base())
    const url = base() + path
    const headers: Record<string, string> = {}
    if (body) headers['content-type'] = 'application/json'
    if (bearer) headers.authorization = `Bearer ${bearer}`
    // A GET stays a simple request, which needs no preflight.
    if (flowId && method !== 'GET') headers['x-flow-id'] = flowId
    if (jar.size) headers.cookie = [...jar.values()].join('; ')
    const init: RequestInit = { method, headers, credentials: 'include', cache: 'no-store' }
    if (body) init.body = JSON.stringify(body)
    const sentAt = Date.now()
    const { reply, text } = await exchange(url, init)
    reached.add(method)
    const seconds = Date.parse(reply.headers.get('date') ?? '')
    const skew = seconds - (sentAt + Date.now()) / 2
    // The Date header has whole seconds; less than two is no difference.
    if (clockSkew === 'auto' && Math.abs(skew - ahead) > 2_000) ahead = skew
    if (keepsCookies) for (const line of reply.headers.getSetCookie?.() ?? []) keepCookie(line)
    const said = parse(text)
    if (!reply.ok || !said) throw errorOfReply(reply, url, said)
    flowId = reply.headers.get('x-flow-id')
    return said
  }

  async function exchange(url: string, init: RequestInit): Promise<{ reply: Response; text: string }> {
    try {
      const reply = await fetch(url, { ...init, signal: soon() })
      return { reply, text: await reply.text() }
    } catch (thrown) {
      if (disposed.aborted) throw disposed.reason
      const isLate = (thrown as Error)?.name === 'TimeoutError'
      if (!isLate && !reached.has(init.method ?? '') && (await isHiddenByCors()))
        throw configError('cors', `CORS hides ${url}`, `Add ${around().location?.origin} to CORS_ORIGINS`)
      const kind = isLate ? 'unavailable' : 'offline'
      throw new SallyportError(kind, isLate ? 'timeout' : kind, `${url}: ${thrown}`)
    }
  }

  /** A browser tells a page no more than "failed" when CORS hides an answer; the keys, which any page may read, tell the two apart. */
  async function isHiddenByCors(): Promise<boolean> {
    const { origin = base().origin } = around().location ?? {}
    if (origin === base().origin) return false
    return fetch(`${base()}/../.well-known/jwks.json`, { signal: soon() }).then(
      () => true,
      () => false,
    )
  }

  function keepCookie(line: string): void {
    const [pair = ''] = line.split(';')
    jar.set(pair.replace(/=.*/, ''), pair)
  }

  function complain(error: SallyportError): SallyportError {
    if (error.kind === 'config' && isLoud) {
      isLoud = false
      console.error(`[sallyport] ${error.message}. ${error.fix}`)
    }
    return error
  }

  return {
    async ask(...request) {
      try {
        const reply = await send(...request)
        onReach(false)
        return reply
      } catch (thrown) {
        onReach(!(thrown as SallyportError).status)
        throw complain(thrown as SallyportError)
      }
    },
    complain,
    fetch,
    base,
    now: () => Date.now() + ahead,
    forgetCookies: () => jar.clear(),
  }
}

function baseOf(url: string): URL {
  try {
    return new URL(url.replace(/\/+$/, ''), around().location?.href)
  } catch {
    throw notSallyport(`${url} is no whole address`)
  }
}

/** A cookie of localhost is not sent to 127.0.0.1: every login would be forgotten at once. */
function refuseOtherHost({ hostname }: URL): void {
  const page = around().location?.hostname
  if (page === hostname || !isLoopback(page) || !isLoopback(hostname)) return
  const message = `${page} and ${hostname} are two cookie jars`
  throw configError('other_host', message, `Open the page at ${hostname}`)
}

function isLoopback(host = ''): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host)
}

function parse(text: string): Reply | undefined {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return undefined
  }
}
