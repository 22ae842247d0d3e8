/** A-DOS-01: large bodies, compressed ones, and lengths that lie. Against the real process, whose memory is looked at. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { embedded, type OpenedEngine } from '../support/engines.ts'
import { assertProblem, sessionSecret } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { sendRaw } from '../support/race.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

const head = (more: string) =>
  `POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}\r\n\r\n`

describe('A-DOS-01: large bodies', () => {
  let server: ServerProcess
  let store: OpenedEngine
  let client: Client
  before(async () => {
    store = await embedded.open()
    const env = {
      ...store.env,
      SESSION_SECRET: sessionSecret,
      SMTP_URL: 'smtp://127.0.0.1:9',
      RATE_LIMITS: 'off',
    }
    server = await startServer({ env })
    client = createClient(`http://127.0.0.1:${server.port}`)
  })
  after(async () => {
    client.close()
    await server.stop()
    await store.cleanUp()
  })

  const residentMB = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1_024

  it('up to 16 kB are read, more is 413', async () => {
    const wrap = { email: 'nobody@example.test', password: 'x', more: '' }
    const empty = JSON.stringify(wrap).length
    for (const [size, status] of [
      [empty, 401],
      [16_384, 401],
      [16_385, 413],
      [100_000, 413],
      [1_000_000, 413],
    ] as const) {
      const body = JSON.stringify({ ...wrap, more: 'x'.repeat(size - empty) })
      assert.equal((await client.post('/auth/login', body)).status, status, `${size} bytes`)
    }
  })

  it('a length of 100 MB is 413 before a byte of it has come', async () => {
    const startedAt = performance.now()
    const reply = await sendRaw(`${head('Content-Length: 104857600')}{`, server.port)
    assertProblem(reply, 413, 'payload_too_large')
    assert.equal(reply.headers.connection, 'close')
    assert.ok(performance.now() - startedAt < 1_000)
  })

  it('300 MB in chunks are not kept', async () => {
    const before = residentMB()
    const answer = await flood(server.port, 300)
    assert.match(answer, /^(HTTP\/1\.1 413 |$)/)
    assert.ok(residentMB() - before < 150, `${before} MB, then ${residentMB()} MB`)
    assert.equal((await client.get('/healthz')).status, 200)
  })

  it('a compressed bomb is 415', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    const headers = { 'Content-Encoding': 'gzip' }
    assertProblem(await client.post('/auth/login', bomb, { headers }), 415, 'unsupported_media_type')
  })

  it('a route that takes no body does not wait for one', async () => {
    const request = head('Content-Length: 100000').replace('/auth/login', '/auth/logout')
    const reply = await sendRaw(`${request}{`, server.port)
    assert.equal(reply.status, 200)
  })

  it('a length that is too long for what comes is ended within the time of a request', async () => {
    const startedAt = performance.now()
    const reply = await sendRaw(`${head('Content-Length: 100')}{"email":`, server.port)
    assert.ok([400, 408, 503].includes(reply.status), String(reply.status))
    assert.ok(performance.now() - startedAt < 6_000)
  })

  it('a password of 10 MB is refused at once, and one of 15 kB costs no hash', async () => {
    const email = 'nobody@example.test'
    const startedAt = performance.now()
    assert.equal((await client.post('/auth/login', { email, password: 'x'.repeat(15_000) })).status, 400)
    assert.ok(performance.now() - startedAt < 500)
    // The answer may overtake what is still being sent: then the client sees its connection end.
    const large = client.post('/auth/login', { email, password: 'x'.repeat(10_000_000) })
    const outcome = await large.then(
      ({ status }) => status,
      (reason: NodeJS.ErrnoException) => reason.code,
    )
    assert.ok([413, 'ECONNRESET', 'EPIPE'].includes(outcome ?? 'no code'), String(outcome))
  })
})

/** Sends so many MB in chunks, however little the other side wants them. Gives what it answered. */
function flood(port: number, megabytes: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    let sent = 0
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 'x'), Buffer.from('\r\n')])
    const more = () => {
      while (sent < megabytes) {
        sent++
        if (!socket.write(chunk)) return
      }
      socket.end('0\r\n\r\n')
    }
    socket.on('data', (bytes) => {
      answer += bytes.toString()
    })
    socket.on('drain', more)
    socket.on('error', () => resolve(answer))
    socket.on('close', () => resolve(answer))
    socket.setTimeout(5_000, () => socket.destroy())
    socket.write(head('Transfer-Encoding: chunked'))
    more()
  })
}
