/** A site as people build it: its own page and bundle, and Sallyport behind the same origin. Counts what its browsers ask. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { openGate, type TestGate } from '../support/gate.ts'

const root = join(import.meta.dirname, '../..')

const script = `
import * as client from './client/src/index.ts'
import { nativeStorage } from './client/src/native.ts'
import * as ui from './client/src/react.ts'
import * as React from 'react'
import { createRoot } from 'react-dom/client'

Object.assign(window, { client, nativeStorage, ui, React, createRoot, states: [], events: [] })
const onEvent = ({ type }) => events.push(type)
window.open1 = (options = {}) => client.createClient({ url: '/auth', onEvent, ...options })
if (location.pathname === '/tab') {
  window.auth = open1()
  auth.subscribe(({ stage }) => {
    states.push(stage)
    window.report?.(stage)
  })
}
`

export type Site = {
  url: string
  gate: TestGate
  /** Every request to Sallyport, as `POST /auth/token`. */
  requests: string[]
  count(pattern: RegExp): number
  /** Hangs up on requests to Sallyport, as a proxy whose server is away. */
  cut(isCut: boolean): void
  close(): Promise<void>
}

export async function openSite(): Promise<Site> {
  const bundle = await build({
    stdin: { contents: script, resolveDir: root },
    ...{ bundle: true, format: 'esm' as const, write: false },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const javascript = bundle.outputFiles[0]?.text ?? ''
  const requests: string[] = []
  let isDown = false
  let port = 0

  const server = createServer((req, res) => {
    const path = (req.url ?? '').replace(/\?.*/, '')
    if (path === '/script.js')
      return void res.writeHead(200, { 'content-type': 'text/javascript' }).end(javascript)
    if (!path.startsWith('/auth')) return void res.writeHead(200, { 'content-type': 'text/html' }).end(html)
    requests.push(`${req.method} ${path}`)
    if (isDown) req.socket.destroy()
    else forward(req, res, port)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const gate = await openGate(undefined, { env: { PUBLIC_URL: url } })
  port = gate.port
  return {
    ...{ url, gate, requests },
    count: (pattern) => requests.filter((line) => pattern.test(line)).length,
    cut(isCut) {
      isDown = isCut
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await gate.close()
    },
  }
}

const html =
  '<!doctype html><html lang="en"><title>A page</title><main id="root"></main><script type="module" src="/script.js"></script>'

function forward(req: IncomingMessage, res: ServerResponse, port: number): void {
  const { method, url: path, headers } = req
  const passed = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (reply) => {
    res.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(res)
  })
  passed.on('error', () => res.destroy())
  req.pipe(passed)
}
