/** A-HDR-02: requests that two servers would cut at different places. Raw bytes against the real process. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { embedded, type OpenedEngine } from '../support/engines.ts'
import { sessionSecret } from '../support/gate.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

const hidden = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'

const ambiguous: Record<string, string> = {
  'length and chunks': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'two lengths': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 0\r\n\r\n{}${hidden}`,
  'a list of lengths': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2, 0\r\n\r\n{}${hidden}`,
  'a signed length': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}${hidden}`,
  'a negative length': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n${hidden}`,
  'a hexadecimal length': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x2\r\n\r\n{}${hidden}`,
  'an unknown coding': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
  'chunked not last': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
  'chunked twice': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
  'a space before the colon': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'a bare line feed': `GET /auth/session HTTP/1.1\nHost: localhost\n\n${hidden}`,
  'a bare carriage return': `GET /auth/session HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n${hidden}`,
  'a null in a header': `GET /auth/session HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n${hidden}`,
  'no host': `GET /auth/session HTTP/1.1\r\n\r\n${hidden}`,
  'a space in the name': `GET /auth/session HTTP/1.1\r\nHost: localhost\r\nX Y: z\r\n\r\n${hidden}`,
  'a bad chunk size': `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n${hidden}`,
  'no HTTP': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n',
}

/** Everything that comes back until the server closes, or `withinMs` are over. */
function converse(port: number, bytes: string, withinMs = 2_000): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const end = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, closed })
    }
    const timer = setTimeout(() => end(false), withinMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => end(true))
    socket.on('close', () => end(true))
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}

describe('A-HDR-02: request smuggling', () => {
  let server: ServerProcess
  let store: OpenedEngine
  before(async () => {
    store = await embedded.open()
    const env = { ...store.env, SESSION_SECRET: sessionSecret, SMTP_URL: 'smtp://127.0.0.1:9' }
    server = await startServer({ env })
  })
  after(async () => {
    await server.stop()
    await store.cleanUp()
  })

  for (const [name, bytes] of Object.entries(ambiguous)) {
    it(`${name}: 400, then the end of the connection`, async () => {
      const { text, closed } = await converse(server.port, bytes)
      assert.match(text, /^HTTP\/1\.1 400 /)
      assert.equal(text.split('HTTP/1.1 ').length, 2, 'the hidden request got no answer')
      assert.equal(closed, true)
    })
  }

  it('a folded header is one header or a refusal, never two', async () => {
    const bytes = `GET /auth/session HTTP/1.1\r\nHost: localhost\r\nX: a\r\n Cookie: evil\r\nConnection: close\r\n\r\n`
    const { text } = await converse(server.port, bytes)
    assert.match(text, /^HTTP\/1\.1 (400|200) /)
  })

  it('a header block over 16 kB is 431', async () => {
    const bytes = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`
    const { text, closed } = await converse(server.port, bytes)
    assert.match(text, /^HTTP\/1\.1 431 /)
    assert.equal(closed, true)
  })

  it('two honest requests on one connection are two answers', async () => {
    const last = hidden.replace('Host', 'Connection: close\r\nHost')
    const { text } = await converse(server.port, `${hidden}${last}`)
    assert.equal(text.split('HTTP/1.1 200').length, 3)
  })

  it('the server is still there', async () => {
    const { text } = await converse(server.port, hidden.replace('Host', 'Connection: close\r\nHost'))
    assert.match(text, /^HTTP\/1\.1 200 /)
  })
})
