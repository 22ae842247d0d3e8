/** examples/express-api/ runs as its README says. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { createRunningClock } from '../support/clock.ts'
import { openGate } from '../support/gate.ts'
import { createClient } from '../support/http-client.ts'
import { startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const app = join(import.meta.dirname, '../../examples/express-api/app.ts')

it('the Express API lets in who may come in, says why to the others, and learns of a logout', async (t) => {
  // The API looks at the clock of this machine.
  const gate = await openGate(t, { clock: createRunningClock() })
  const api = await startServer({ command: [app], env: { ISSUER: gate.publicUrl }, ready: /^The API is at/ })
  t.after(() => api.stop())
  const client = createClient(`http://127.0.0.1:${api.port}`)
  t.after(client.close)

  const ada = await gate.makeAccount()
  const browser = await gate.enter(ada)
  const bearer = await gate.accessToken(browser)
  const outcome = async (path: string, token?: string) => {
    const { status, body } = await client.get(path, token === undefined ? {} : { bearer: token })
    return [status, body?.code].filter((word) => word !== undefined).join(' ')
  }

  assert.equal(await outcome('/api/me'), '401 bearer_missing')
  assert.equal(await outcome('/api/me', `${bearer.slice(0, -4)}AAAA`), '401 token_invalid')
  assert.deepEqual((await client.get('/api/me', { bearer })).body, { account: ada.id, amr: ['pwd', 'otp'] })
  assert.deepEqual((await client.get('/api/vault', { bearer })).body, { gold: 7 })
  assert.equal(await outcome('/api/admin', bearer), '403 insufficient_scope')
  await gate.setClaims(ada, { role: 'admin' })
  assert.equal(await outcome('/api/admin', await gate.accessToken(browser)), '200')

  await browser.post('/auth/logout')
  const startedAt = performance.now()
  await eventually(async () => assert.equal(await outcome('/api/me', bearer), '401 token_invalid'))
  // 2 s are what the guard promises; the rest is for a machine under load.
  assert.ok(performance.now() - startedAt < 4_000)
  assert.equal(await api.stop(), 0)
})

it('the Express API lets the one page call it, and no other', async (t) => {
  const page = 'http://localhost:5173'
  const env = { ISSUER: 'http://localhost:9', PAGE_ORIGIN: page }
  const api = await startServer({ command: [app], env, ready: /^The API is at/ })
  t.after(() => api.stop())
  const client = createClient(`http://127.0.0.1:${api.port}`)
  t.after(client.close)
  const preflight = (origin: string) =>
    client.request('OPTIONS', '/api/me', {
      headers: { Origin: origin, 'Access-Control-Request-Headers': 'authorization' },
    })

  const { status, headers } = await preflight(page)
  assert.deepEqual([status, headers['access-control-allow-origin']], [204, page])
  assert.match(String(headers['access-control-allow-headers']), /Authorization/)
  assert.equal(headers['access-control-allow-credentials'], undefined)
  assert.equal((await preflight('http://evil.test')).headers['access-control-allow-origin'], undefined)
})
