import { type CookieJar, createCookieJar } from './cookie-jar.ts'
import { CommandFailure, exitCodes } from './failure.ts'

/** What came back; `members` are those of a JSON object, else none. */
export type Reply = {
  status: number
  headers: Headers
  setCookies: string[]
  text: string
  members: Record<string, unknown>
  /** ms; this machine's clock, half-way between the question and the answer. */
  atMs: number
}

export type Sent = { body?: unknown; bearer?: string; headers?: Record<string, string> }

export type Visitor = {
  request(method: string, path: string, sent?: Sent): Promise<Reply>
  /** Names of cookies that a browser would not have kept, with the reason. */
  lostCookies: Map<string, string>
  hasCookies(): boolean
  cookieValues(): string[]
}

const timeoutMs = 10_000

/** A client of a running server with the cookie jar of a browser. Throws a `CommandFailure` (69) where nothing answers. */
export function createVisitor(
  base: string,
  {
    signal,
    headers = {},
    jar = createCookieJar(base),
  }: { signal?: AbortSignal; headers?: Record<string, string>; jar?: CookieJar } = {},
): Visitor {
  async function request(method: string, path: string, sent: Sent = {}): Promise<Reply> {
    const startedAt = Date.now()
    const signals = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: { ...headers, ...headersOf(sent, jar) },
        ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
        redirect: 'manual',
        signal: AbortSignal.any(signals),
      })
      const text = await response.text()
      const setCookies = response.headers.getSetCookie()
      jar.keep(setCookies)
      const atMs = (startedAt + Date.now()) / 2
      const { status } = response
      return { status, headers: response.headers, setCookies, text, members: membersOf(text), atMs }
    } catch (reason) {
      signal?.throwIfAborted()
      throw new CommandFailure(whyUnreachable(base, reason), exitCodes.unavailable)
    }
  }

  return {
    request,
    lostCookies: jar.lost,
    hasCookies: () => jar.header() !== '',
    cookieValues: jar.values,
  }
}

function headersOf({ body, bearer, headers = {} }: Sent, jar: CookieJar): Record<string, string> {
  const cookie = jar.header()
  return {
    'user-agent': 'sallyport-cli',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(cookie === '' ? {} : { cookie }),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...headers,
  }
}

export function membersOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function whyUnreachable(base: string, reason: unknown): string {
  const { name, message, cause } = reason as Error & { cause?: { code?: string; message?: string } }
  const code = cause?.code ?? ''
  if (name === 'TimeoutError') {
    return `${base} did not answer within ${timeoutMs / 1_000} s. Look at its log, and at what stands in between.`
  }
  if (code === 'ECONNREFUSED') {
    return `Nothing listens at ${base}. Start the server (npm run dev, or sallyport start), or name another address.`
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `${base} was not found by name (${code}). Correct the host, or the name server.`
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/.test(code)) {
    return `${base} showed a certificate that can't be verified (${code}). Trust a private authority by NODE_EXTRA_CA_CERTS.`
  }
  return `${base} did not answer as HTTP (${code || (cause?.message ?? message)}). Check scheme, host and port.`
}
