/** examples/embed/ runs as its README says. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { sessionSecret } from '../support/gate.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server-process.ts'

const checkout = join(import.meta.dirname, '../..')

it('the example app logs in, guards its routes and keeps its own session', async (t) => {
  const cwd = temporaryDirectory('embed')
  const port = await freePort()
  const env = { PORT: String(port), SESSION_SECRET: sessionSecret, DATA_DIR: join(cwd, 'data') }
  execFileSync(
    process.execPath,
    [join(checkout, 'bin/sallyport.js'), 'user', 'create', 'ada@example.com', '--password-stdin'],
    {
      cwd,
      env: { ...process.env, ...env },
      input: 'the password of Ada',
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  const shop = await startServer({ command: [join(checkout, 'examples/embed/app.ts')], cwd, port, env })
  t.after(() => shop.stop())
  const client = createClient(`http://127.0.0.1:${port}`)
  t.after(client.close)

  assert.equal((await client.get('/whoami')).status, 401)
  assert.equal((await client.get('/api/me')).status, 403)
  assert.deepEqual((await client.get('/basket')).body, { visits: 1 })

  await client.post('/auth/login', { email: 'ada@example.com', password: 'the password of Ada' })
  const code = (await shop.waitForLine(/^Generated OTP: \d{6}$/)).slice('Generated OTP: '.length)
  assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
  assert.equal((await client.get('/whoami')).body, 'You are ada@example.com')
  const { accessToken } = (await client.post('/auth/token')).body
  assert.equal((await client.get('/api/me', { bearer: accessToken })).body.email, 'ada@example.com')
  assert.deepEqual((await client.get('/basket')).body, { visits: 2 })
})
