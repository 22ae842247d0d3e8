import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export type LessonReply = { status: number; flowId: string | null; body: Record<string, unknown> }

export type LessonRequest = {
  body?: unknown
  type?: string
  bearer?: string
  /** Sends no cookie, and keeps none. */
  withoutCookies?: true
}

export type LessonClient = {
  send(method: string, path: string, sent?: LessonRequest): Promise<LessonReply>
}

/** A client of the server itself, over a real connection: with a jar, as a browser has one. */
export function createLessonClient(where: {
  address: string
  port: number
  host: string
  agent: string
}): LessonClient {
  const jar = new Map<string, string>()
  return {
    async send(method, path, sent = {}) {
      const cookie = sent.withoutCookies ? '' : [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const body =
        sent.body === undefined
          ? undefined
          : typeof sent.body === 'string'
            ? sent.body
            : JSON.stringify(sent.body)
      const headers = {
        Host: where.host,
        'User-Agent': where.agent,
        Accept: 'application/json',
        ...(cookie === '' ? {} : { Cookie: cookie }),
        ...(sent.bearer === undefined ? {} : { Authorization: `Bearer ${sent.bearer}` }),
        ...(body === undefined
          ? {}
          : { 'Content-Type': sent.type ?? 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      }
      const { status, flowId, setCookies, content } = await exchange(
        { ...where, method, path, headers },
        body,
      )
      if (!sent.withoutCookies) for (const line of setCookies) keep(jar, line)
      return { status, flowId, body: parse(content) }
    },
  }
}

type Going = {
  address: string
  port: number
  method: string
  path: string
  headers: Record<string, string | number>
}

function exchange({ address, ...going }: Going, body: string | undefined) {
  return new Promise<{ status: number; flowId: string | null; setCookies: string[]; content: string }>(
    (resolve, reject) => {
      const outgoing = request({ ...going, hostname: address, agent: false, timeout: 10_000 })
      outgoing.once('error', reject)
      outgoing.once('timeout', () => outgoing.destroy(new Error('the server did not answer its own lesson')))
      outgoing.once('response', (incoming) => {
        text(incoming).then(
          (content) =>
            resolve({
              status: incoming.statusCode ?? 0,
              flowId: String(incoming.headers['x-flow-id'] ?? '') || null,
              setCookies: incoming.headers['set-cookie'] ?? [],
              content,
            }),
          reject,
        )
      })
      outgoing.end(body)
    },
  )
}

function keep(jar: Map<string, string>, line: string): void {
  const pair = line.split(';')[0] ?? ''
  const at = pair.indexOf('=')
  const value = pair.slice(at + 1)
  if (value === '') jar.delete(pair.slice(0, at))
  else jar.set(pair.slice(0, at), value)
}

function parse(content: string): Record<string, unknown> {
  try {
    return JSON.parse(content)
  } catch {
    return {}
  }
}
