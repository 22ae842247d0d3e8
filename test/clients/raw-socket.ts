/** A client that writes HTTP by hand: bytes on a socket, and nothing added. */
import { connect } from 'node:net'
import { parseResponse } from '../support/raw-response.ts'
import type { Answer, Scene } from './scene.ts'

export type Sent = { head: string[]; body?: string | Buffer }

/** `head`: the request line and the headers. The client says Host and that it will close. */
export function openSocket({ port }: Scene) {
  return async ({ head, body = '' }: Sent): Promise<Answer> => {
    const [line, ...headers] = head
    const lines = [line, `Host: localhost:${port}`, 'Connection: close', ...headers]
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]))
    for await (const chunk of socket) chunks.push(chunk)
    const reply = parseResponse(Buffer.concat(chunks), 'closed')
    if (!reply) throw new Error(`No answer: ${Buffer.concat(chunks)}`)
    const { status, headers: came, setCookies, body: parsed } = reply
    return {
      status,
      headers: { ...came, 'set-cookie': setCookies.join(', ') },
      body: parsed,
    }
  }
}

export function jsonHead(path: string, body: string | Buffer): string[] {
  return [
    `POST ${path} HTTP/1.1`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
}
