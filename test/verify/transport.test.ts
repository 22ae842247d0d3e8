/** A-JWT-21 before somebody else's API, and what each adapter does with its answers. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import * as verifyFastify from '../../verify/src/fastify.ts'
import * as verifyHono from '../../verify/src/hono.ts'
import * as verifyExpress from '../../verify/src/index.ts'
import * as verifyKoa from '../../verify/src/koa.ts'
import * as verifyNode from '../../verify/src/node.ts'
import { openForge } from '../attacks/forge.ts'
import { createClient } from '../support/http-client.ts'
import { sendRaw } from '../support/race.ts'
import { listen, openGuardedApi, optionsFor } from './guarded-api.ts'

type Opened = { url: string; port: number }
type Problem = verifyExpress.TokenProblem
/** An API whose `/own` answers refusals itself, and whose `/open` also takes nobody; both say who calls. */
type Adapter = (t: TestContext, options: verifyExpress.VerifyOptions) => Promise<Opened>
const teapot = ({ code, cause }: Problem) => JSON.stringify({ code, cause })

const adapters: Record<string, Adapter> = {
  async express(t, options) {
    const app = express()
    const onProblem = (problem: Problem, _req: unknown, res: verifyExpress.ExpressResponse) => {
      res.statusCode = 418
      res.end(teapot(problem))
    }
    app.get(
      '/open',
      verifyExpress.optionalToken(options),
      (req, res) => void res.json((req as { auth?: unknown }).auth ?? null),
    )
    app.get('/own', verifyExpress.requireToken({ ...options, onProblem }), (_req, res) => void res.end())
    return listen(t, app)
  },
  async node(t, options) {
    const open = verifyNode.optionalToken(options, (_req, res, auth) => res.end(JSON.stringify(auth ?? null)))
    const onProblem: verifyNode.NodeOptions['onProblem'] = (problem, _req, res) =>
      void res.writeHead(418).end(teapot(problem))
    const own = verifyNode.requireToken({ ...options, onProblem }, (_req, res) => res.end())
    return listen(t, (req, res) => (req.url === '/open' ? open(req, res) : own(req, res)))
  },
  async fastify(t, options) {
    const app = Fastify()
    app.get('/open', { onRequest: verifyFastify.optionalToken(options) }, async (request) =>
      JSON.stringify((request as { auth?: unknown }).auth ?? null),
    )
    const onProblem: verifyFastify.FastifyOptions['onProblem'] = (problem, _request, reply) => {
      reply.code(418)
      reply.send(teapot(problem))
    }
    app.get('/own', { preHandler: verifyFastify.requireToken({ ...options, onProblem }) }, async () => '')
    t.after(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    return { url, port: Number(new URL(url).port) }
  },
  async hono(t, options) {
    const app = new Hono<{ Variables: verifyHono.OptionalAuthVariables }>()
    app.get('/open', verifyHono.optionalToken(options), (c) => c.json(c.get('auth') ?? null))
    const onProblem = (problem: Problem) => new Response(teapot(problem), { status: 418 })
    app.get('/own', verifyHono.requireToken({ ...options, onProblem }), (c) => c.text(''))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as { port: number }
    return { url: `http://127.0.0.1:${port}`, port }
  },
  async koa(t, options) {
    const app = new Koa()
    const open = verifyKoa.optionalToken<Koa.Context>(options)
    const own = verifyKoa.requireToken<Koa.Context>({
      ...options,
      onProblem(problem, ctx) {
        ctx.status = 418
        ctx.body = teapot(problem)
      },
    })
    app.use((ctx, next) => (ctx.path === '/open' ? open : own)(ctx, next))
    app.use((ctx) => {
      ctx.body = JSON.stringify(ctx.state.auth ?? null)
    })
    return listen(t, app.callback())
  },
}

describe('the adapters', () => {
  for (const [name, adapter] of Object.entries(adapters)) {
    it(`let nobody in where that was chosen, never a bad token, and hand refusals over: ${name}`, async (t) => {
      const { gate, token, ada } = await openForge(t, 'ES256')
      const { url, port } = await adapter(t, optionsFor(gate))
      const client = createClient(url)
      t.after(() => client.close())
      const open = async (headers: Record<string, string>) => {
        const { status, body } = await client.get('/open', { headers })
        const said = typeof body === 'string' && body !== '' ? JSON.parse(body) : body
        return [status, said?.sub ?? said?.code ?? said]
      }
      assert.deepEqual(await open({}), [200, null])
      assert.deepEqual(await open({ Authorization: 'Basic eDp5' }), [200, null])
      assert.deepEqual(await open({ Authorization: `Bearer ${token}` }), [200, ada.id])
      assert.deepEqual(await open({ Authorization: 'Bearer x.y.z' }), [401, 'token_invalid'])
      assert.deepEqual(await open({ Authorization: `Bearer ${token} ${token}` }), [400, 'invalid_request'])

      const own = await client.get('/own')
      const said = typeof own.body === 'string' ? JSON.parse(own.body) : own.body
      assert.deepEqual([own.status, said], [418, { code: 'bearer_missing', cause: 'no_header' }])

      for (const [first, second] of [
        [token, 'x.y.z'],
        ['x.y.z', token],
        [token, token],
      ]) {
        const lines = ['GET /open HTTP/1.1', 'Host: localhost', 'Connection: close']
        const headers = [`Authorization: Bearer ${first}`, `authorization: Bearer ${second}`]
        const reply = await sendRaw([...lines, ...headers, '', ''].join('\r\n'), port)
        assert.equal(reply.status, 400, name)
        assert.match(reply.headers['www-authenticate'] ?? '', /error="invalid_request"/)
      }
    })
  }
})

describe('A-JWT-21: the way of the token to an API', () => {
  it('is one Authorization header, and no other', async (t) => {
    const { gate, token } = await openForge(t, 'ES256')
    const { client } = await openGuardedApi(t, optionsFor(gate))
    for (const path of [`/me?access_token=${token}`, `/me?token=${token}`]) {
      assert.equal((await client.get(path)).body.code, 'bearer_missing')
    }
    for (const [expected, headers] of [
      ['401 bearer_missing', { 'X-Access-Token': token }],
      ['401 bearer_missing', { 'Proxy-Authorization': `Bearer ${token}` }],
      ['401 bearer_missing', { cookie: `access_token=${token}; Authorization=Bearer ${token}` }],
      ['401 bearer_missing', { Authorization: token }],
      ['401 bearer_missing', { Authorization: `Basic ${token}` }],
      ['401 bearer_missing', { Authorization: `Bearer, ${token}` }],
      ['401 bearer_missing', { Authorization: `Bearer${token}` }],
      ['401 bearer_missing', { Authorization: `Bearer\t${token}` }],
      ['401 bearer_missing', { Authorization: 'Bearer' }],
      ['401 bearer_missing', { Authorization: 'Bearer ' }],
      ['401 token_invalid', { Authorization: `Bearer "${token}"` }],
      ['400 invalid_request', { Authorization: `Bearer Bearer ${token}` }],
      ['400 invalid_request', { Authorization: `Bearer ${token} ${token}` }],
      ['400 invalid_request', { Authorization: `Bearer ${token}, Bearer ${token}` }],
      ['401 token_invalid', { Authorization: `Bearer ${token},Bearer` }],
    ] as const) {
      const { status, body, headers: answer } = await client.get('/me', { headers })
      assert.equal(`${status} ${body.code}`, expected, JSON.stringify(headers).slice(0, 60))
      const says =
        body.code === 'bearer_missing' ? /^Bearer realm="[^"]+"$/ : /^Bearer realm="[^"]+", error="/
      assert.match(String(answer['www-authenticate']), says)
    }
    for (const value of [`bearer ${token}`, `BEARER ${token}`, `Bearer   ${token}`]) {
      assert.equal((await client.get('/me', { headers: { Authorization: value } })).status, 200)
    }
  })

  it('answers a missing token with 403 where that was chosen', async (t) => {
    const { gate } = await openForge(t, 'ES256')
    const { client } = await openGuardedApi(t, optionsFor(gate, { missingStatus: 403 }))
    const { status, body } = await client.get('/me')
    assert.deepEqual([status, body.status, body.code], [403, 403, 'bearer_missing'])
  })

  it('refuses the upgrade to a WebSocket in HTTP, and admits a good one', async (t) => {
    const { gate, token } = await openForge(t, 'ES256')
    const { createServer } = await import('node:http')
    const server = createServer()
    const options = optionsFor(gate)
    server.on('upgrade', async (req, socket) => {
      const result = await verifyNode.authenticate(req, options)
      if (!result.ok) return verifyNode.refuseUpgrade(socket, result.problem)
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => void server.close())
    const upgrade = async (headers: string[]) => {
      const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
      const lines = [
        'GET / HTTP/1.1',
        'Host: localhost',
        'Connection: Upgrade',
        'Upgrade: websocket',
        ...headers,
      ]
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      return text(socket)
    }
    assert.match(await upgrade([`Authorization: Bearer ${token}`]), /^HTTP\/1\.1 101 /)
    const refused = await upgrade(['Authorization: Bearer x.y.z'])
    assert.match(refused, /^HTTP\/1\.1 401 .*\r\n[\s\S]*WWW-Authenticate: Bearer /)
    assert.match(await upgrade([]), /^HTTP\/1\.1 401 [\s\S]*bearer_missing/)
  })
})
