/** The test ground itself: what the other tests rely on, without the product. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { createManualClock } from '../support/clock.ts'
import { createClient } from '../support/http-client.ts'
import { race, sendRaw } from '../support/race.ts'
import { parseResponse } from '../support/raw-response.ts'
import { StartFailure, startServer } from '../support/server-process.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

describe('the manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = createManualClock(1_000)
    assert.equal(clock.now(), 1_000)
    clock.advance('11m')
    clock.advance(-500)
    assert.equal(clock.now(), 660_500)
    assert.throws(() => clock.advance('eleven'), /Not a duration/)
  })
})

describe('the HTTP client', () => {
  it('sends JSON, keeps cookies, forgets expired ones and shows what came', async (t) => {
    const port = await serve(t, (request, response) => {
      if (request.url === '/out') response.setHeader('Set-Cookie', 'sid=; Max-Age=0; Path=/')
      else
        response.setHeader('Set-Cookie', [
          'sid=a=b; Path=/; HttpOnly',
          'old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
        ])
      response.setHeader('Content-Type', 'application/problem+json')
      const { cookie, authorization, 'content-type': contentType } = request.headers
      response.statusCode = 201
      response.end(JSON.stringify({ cookie, authorization, contentType, method: request.method }))
    })
    const client = createClient(`http://127.0.0.1:${port}`)

    const first = await client.post('/in', { a: 1 }, { bearer: 'token' })
    assert.equal(first.status, 201)
    assert.deepEqual(first.body, {
      authorization: 'Bearer token',
      contentType: 'application/json',
      method: 'POST',
    })
    assert.deepEqual(first.setCookies.length, 2)
    assert.deepEqual([...client.cookies], [['sid', 'a=b']])

    const copy = client.clone()
    assert.equal((await client.get('/out')).body.cookie, 'sid=a=b')
    assert.equal(client.cookies.size, 0)
    assert.equal(copy.cookies.get('sid'), 'a=b')
    const plain = await copy.post('/in', 'x=1', { headers: { 'Content-Type': undefined } })
    assert.equal(plain.body.contentType, undefined)
  })
})

describe('the race', () => {
  it('lets 200 requests meet and gives each its own reply', async (t) => {
    let arrived = 0
    let arrivedAtFirstEnd = 0
    const port = await serve(t, async (request, response) => {
      arrived++
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part)
      arrivedAtFirstEnd ||= arrived
      if (request.url === '/cut') return request.socket.destroy()
      response.setHeader('Content-Type', 'application/json')
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      // Without a length this goes out in chunks.
      response.write('{"echo":')
      response.end(`${Buffer.concat(parts)}}`)
    })

    const replies = await race(
      Array.from({ length: 200 }, (_, n) => ({ method: 'POST', path: n === 7 ? '/cut' : '/', body: { n } })),
      port,
    )
    // The server had the heads of all before the last byte of any.
    assert.equal(arrivedAtFirstEnd, 200)
    assert.equal(replies[7]?.status, 0)
    assert.ok(replies[7]?.error)
    const others = replies.filter((_, n) => n !== 7)
    assert.ok(others.every(({ status }) => status === 200))
    assert.deepEqual(replies[199]?.body, { echo: { n: 199 } })
    assert.deepEqual(replies[199]?.setCookies, ['a=1', 'b=2'])
  })

  it('resolves when nobody listens', async () => {
    const [reply] = await race([{ method: 'GET', path: '/' }], 1)
    assert.equal(reply?.status, 0)
    assert.match(reply?.error ?? '', /ECONNREFUSED/)
  })

  it('sends bytes as they are', async (t) => {
    const port = await serve(t, (_, response) => response.end())
    assert.equal((await sendRaw('GET / HTTP/1.1\r\nbad header\r\n\r\n', port)).status, 400)
  })
})

describe('the response parser', () => {
  const parse = (text: string, connection: 'more to come' | 'closed' = 'more to come') =>
    parseResponse(Buffer.from(text), connection)

  it('waits for the whole body', () => {
    assert.equal(parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n'), undefined)
    assert.equal(parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab'), undefined)
    assert.equal(parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc')?.body, 'abc')
    assert.equal(parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n'), undefined)
    assert.equal(
      parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n')?.body,
      'abc',
    )
    assert.equal(parse('HTTP/1.1 100 Continue\r\n\r\n'), undefined)
    assert.equal(parse('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')?.status, 204)
    assert.equal(parse('HTTP/1.1 200 OK\r\n\r\nab'), undefined)
    assert.equal(parse('HTTP/1.1 200 OK\r\n\r\nab', 'closed')?.body, 'ab')
    assert.equal(parse('HTTP/1.1 204 No Content\r\n\r\n')?.status, 204)
  })
})

describe('the TCP proxy', () => {
  it('cuts, swallows, delays and recovers', async (t) => {
    let requests = 0
    const port = await serve(t, (_, response) => response.end(String(++requests)))
    const proxy = await startTcpProxy({ port })
    t.after(proxy.close)
    const url = proxy.through(`http://elsewhere:${port}/`)
    const get = async (timeoutMs = 2_000) => {
      const client = createClient(url, { timeoutMs })
      return client.get('/').finally(client.close)
    }

    assert.equal((await get()).body, '1')
    proxy.delay(60)
    const start = performance.now()
    assert.equal((await get()).body, '2')
    assert.ok(performance.now() - start > 100)
    proxy.swallowReplies()
    await assert.rejects(get(100), /No reply/)
    assert.equal(requests, 3)
    proxy.cut()
    await assert.rejects(get(), /ECONNREFUSED/)
    assert.equal(proxy.connections(), 0)
    proxy.restore()
    assert.equal((await get()).body, '4')
  })
})

describe('the server process', () => {
  const toy = `
    if (process.env.REFUSE) { console.error('SESSION_SECRET is missing'); process.exit(78) }
    const { createServer } = await import('node:http')
    createServer((_, response) => response.end(JSON.stringify(Object.keys(process.env)))).listen(process.env.PORT, process.env.HOST)
    console.log('Listening on ' + process.env.PUBLIC_URL)`
  const command = ['--input-type=module', '--eval', toy]

  it('waits until it is up, and gives its lines, its exit and nothing of our environment', async (t) => {
    process.env.LEAKED = 'yes'
    const server = await startServer({ command, env: { EXTRA: '1' } })
    t.after(server.kill9)
    assert.equal(await server.waitForLine(/Listening/), `Listening on ${server.url}`)
    const client = createClient(`http://127.0.0.1:${server.port}`)
    const names = JSON.parse((await client.get('/')).body)
    assert.ok(names.includes('EXTRA') && !names.includes('LEAKED'))
    assert.equal(await server.stop(), 'SIGTERM')
    assert.equal(await server.exited, 'SIGTERM')
  })

  it('rejects with the exit code and the output of a server that refuses to start', async () => {
    await assert.rejects(startServer({ command, env: { REFUSE: '1' } }), (reason) => {
      assert.ok(reason instanceof StartFailure)
      assert.equal(reason.exitCode, 78)
      assert.equal(reason.output, 'SESSION_SECRET is missing')
      return true
    })
  })
})

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => server.close().closeAllConnections())
  return (server.address() as AddressInfo).port
}
