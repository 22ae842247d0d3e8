/**
 * Last-byte synchronisation, the HTTP/1.1 form of the single-packet attack: every request is on its way except for its
 * final byte, then all final bytes leave together, so that the server meets them in one turn.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBody } from './http-client.ts'
import { parseResponse, type RawResponse } from './raw-response.ts'

export type RawRequest = {
  method: string
  path: string
  headers?: Record<string, string>
  body?: unknown
  /** For a race between two servers: this request goes to another port. */
  port?: number
  /** A loopback address such as 127.0.0.7 to come from. */
  localAddress?: string
}

const replyWithinMs = 15_000
/**
 * A request without a body has nothing that the server could answer before its last byte: this long it may take to
 * be accepted and read.
 */
const serverReadsMs = 100

/** The replies in the order of the requests. A socket that the server cut has the status 0 and an `error`. */
export async function race(requests: RawRequest[], port: number): Promise<RawResponse[]> {
  const runners = await Promise.all(
    requests.map((request) => lineUp(encodeRequest(request), request.port ?? port, request.localAddress)),
  )
  // One loop without an await: nothing runs in this process between two final bytes.
  for (const runner of runners) runner.release()
  return Promise.all(runners.map((runner) => runner.reply))
}

/** Sends bytes exactly as they are and collects what comes back until the server closes or has answered once. */
export async function sendRaw(bytes: string | Buffer, port: number): Promise<RawResponse> {
  const runner = await lineUp(Buffer.from(bytes as string), port)
  runner.release()
  return runner.reply
}

export function encodeRequest({ method, path, headers = {}, body }: RawRequest): Buffer {
  const content = encodeBody(body) ?? Buffer.alloc(0)
  const lines = {
    host: 'localhost',
    connection: 'close',
    ...(body === undefined ? {} : bodyHeaders(content)),
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`), content])
}

/** The server says `100 Continue` once it has the head in its hands: then only the last byte is missing. */
function bodyHeaders(content: Buffer): Record<string, string> {
  const length = String(content.length)
  return { 'content-type': 'application/json', 'content-length': length, expect: '100-continue' }
}

type Runner = { release(): void; reply: Promise<RawResponse> }

async function lineUp(bytes: Buffer, port: number, localAddress?: string): Promise<Runner> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    ...(localAddress ? { localAddress } : {}),
  })
  const reply = readReply(socket)
  try {
    await once(socket, 'connect')
    const isRead = bytes.includes('expect: 100-continue') ? once(socket, 'data') : sleep(serverReadsMs)
    isRead.catch(() => {})
    await new Promise<void>((written) => socket.write(bytes.subarray(0, -1), () => written()))
    await Promise.race([isRead, once(socket, 'close'), sleep(replyWithinMs / 3, undefined, { ref: false })])
  } catch {
    // The reply says what happened.
  }
  return { release: () => socket.write(bytes.subarray(-1)), reply }
}

function readReply(socket: Socket): Promise<RawResponse> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    let failure: string | undefined
    const timer = setTimeout(
      () => socket.destroy(new Error(`No reply in ${replyWithinMs} ms`)),
      replyWithinMs,
    )
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const response = parseResponse(received, 'more to come')
      if (response) settle(response)
    })
    socket.on('error', (reason) => {
      failure = reason.message
    })
    socket.on('close', () => settle(parseResponse(received, 'closed') ?? cut(failure)))

    function settle(response: RawResponse): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(response)
    }
  })
}

function cut(failure = 'The server closed the connection without a reply'): RawResponse {
  return { status: 0, headers: {}, setCookies: [], body: '', error: failure }
}
