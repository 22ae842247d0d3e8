/** A client for black-box tests over node:http, with a cookie jar of its own. (fetch hides headers and invents some.) */
import { Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'

export type RequestOptions = {
  /** `undefined` takes away a header that the client would set, such as content-type. */
  headers?: Record<string, string | string[] | undefined>
  /** An object is sent as JSON; a string or bytes go out as they are, declared as JSON unless `headers` says otherwise. */
  body?: unknown
  /** Sends `Authorization: Bearer <bearer>`. */
  bearer?: string
}

export type Response = {
  status: number
  headers: IncomingHttpHeaders
  /** Parsed where the content type is a JSON one, else the text. */
  // biome-ignore lint/suspicious/noExplicitAny: assertions on replies read better without a cast at each step
  body: any
  /** The Set-Cookie headers as they came. */
  setCookies: string[]
}

export type Client = {
  request(method: string, path: string, options?: RequestOptions): Promise<Response>
  get(path: string, options?: RequestOptions): Promise<Response>
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Response>
  delete(path: string, options?: RequestOptions): Promise<Response>
  /** The jar, by name. It sends Secure cookies over plain http too, as a proxy in front would. */
  cookies: Map<string, string>
  /** A client with a copy of the cookies of this moment: a stolen jar, or a second tab. */
  clone(): Client
  close(): void
}

export type ClientOptions = {
  /** A loopback address such as 127.0.0.7 to come from. */
  localAddress?: string
  timeoutMs?: number
}

export function createClient(
  baseUrl: string,
  options: ClientOptions = {},
  cookies = new Map<string, string>(),
): Client {
  const agent = new Agent({ keepAlive: true })

  async function request(method: string, path: string, sent: RequestOptions = {}): Promise<Response> {
    const response = await exchange(method, new URL(path, baseUrl), { ...options, ...sent, agent, cookies })
    for (const line of response.setCookies) keepCookie(cookies, line)
    return response
  }

  return {
    request,
    get: (path, sent) => request('GET', path, sent),
    post: (path, body, sent) => request('POST', path, { ...sent, ...(body === undefined ? {} : { body }) }),
    delete: (path, sent) => request('DELETE', path, sent),
    cookies,
    clone: () => createClient(baseUrl, options, new Map(cookies)),
    close: () => agent.destroy(),
  }
}

type Exchange = ClientOptions & RequestOptions & { agent: Agent; cookies: Map<string, string> }

function exchange(method: string, url: URL, sent: Exchange): Promise<Response> {
  const body = encodeBody(sent.body)
  const { agent, localAddress, timeoutMs = 15_000 } = sent
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      method,
      agent,
      headers: headersOf(sent, body),
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`No reply to ${method} ${url} in ${timeoutMs} ms`)),
      timeoutMs,
    )
    outgoing.once('close', () => clearTimeout(timer))
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      text(incoming).then(
        (content) =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: parseBody(content, incoming.headers['content-type']),
            setCookies: incoming.headers['set-cookie'] ?? [],
          }),
        reject,
      )
    })
    outgoing.end(body)
  })
}

function headersOf(
  { headers = {}, bearer, cookies }: Exchange,
  body: Buffer | undefined,
): OutgoingHttpHeaders {
  const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const all: RequestOptions['headers'] = {
    ...(jar === '' ? {} : { cookie: jar }),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(body.length) }),
    ...lowerCased(headers),
  }
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as OutgoingHttpHeaders
}

function lowerCased<Value>(headers: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

export function encodeBody(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

export function parseBody(content: string, contentType: string | undefined): unknown {
  if (!/^application\/([\w.-]+\+)?json\b/.test(contentType ?? '') || content === '') return content
  return JSON.parse(content)
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const name = pair.slice(0, pair.indexOf('='))
  const attribute = (wanted: string) =>
    attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
  const expires = attribute('expires')
  const isGone =
    Number(attribute('max-age') ?? 1) <= 0 || (expires !== undefined && Date.parse(expires) <= Date.now())
  if (isGone) cookies.delete(name)
  else cookies.set(name, pair.slice(name.length + 1))
}
