/** The brief, step by step, as its reader walks it. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createDevelopmentAccount } from '../../src/development-account.ts'
import { temporaryDirectory } from '../support/child-processes.ts'
import { assertProblem, openGate } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

/** The four steps. `readCode` looks at the server console. */
async function walk(client: Client, readCode: () => Promise<string>): Promise<void> {
  const login = await client.post('/auth/login', { email: 'test@test.com', password: '123456' })
  assert.equal(login.status, 200)
  assert.equal(login.body.message, 'OTP sent')
  assert.equal(typeof login.body.sessionId, 'string')

  const otp = await readCode()
  const verified = await client.post('/auth/verify-otp', { otp })
  assert.equal(verified.status, 200)
  assert.equal(verified.body.message, 'OTP verified successfully')

  const token = await client.post('/auth/token')
  assert.equal(token.status, 200)
  assert.equal(typeof token.body.accessToken, 'string')

  const { accessToken } = token.body
  const opened = await client.get('/auth/protected', { headers: { Authorization: `Bearer ${accessToken}` } })
  assert.equal(opened.status, 200)
  assert.equal(opened.body.message, 'Protected route accessed')
}

describe('the brief, on the app in development', () => {
  it('is four requests', async (t) => {
    const env = { SESSION_SECRET: 'mysessionsecret', JWT_SECRET: 'myjwtsecret' }
    const gate = await openGate(t, { env })
    await createDevelopmentAccount(gate.sallyport())

    await walk(gate.client(), async () => {
      await gate.sallyport().inside.mail.idle()
      const line = gate.lines.findLast((each) => each.startsWith('Generated OTP:')) ?? ''
      assert.match(line, /^Generated OTP: \d{6}$/)
      return line.slice('Generated OTP: '.length)
    })
  })

  it('is 404 for GET instead of POST', async (t) => {
    const gate = await openGate(t)
    for (const path of ['/auth/login', '/auth/verify-otp', '/auth/token']) {
      assert.equal((await gate.client().get(path)).status, 404)
    }
    assert.equal((await gate.client().post('/auth/protected')).status, 404)
  })

  it('is a lost session when the cookie does not come back', async (t) => {
    const gate = await openGate(t)
    await createDevelopmentAccount(gate.sallyport())
    const account = { email: 'test@test.com', password: '123456' }
    await gate.client().post('/auth/login', account)
    const otp = await gate.code(account)

    const reply = await gate.client().post('/auth/verify-otp', { otp })

    const { fix } = assertProblem(reply, 401, 'session_missing')
    assert.match(fix, /cookie/)
  })

  it('is 403 on the protected route without the token', async (t) => {
    const gate = await openGate(t)

    const { fix } = assertProblem(await gate.client().get('/auth/protected'), 403, 'bearer_missing')

    assert.match(fix, /Authorization: Bearer/)
  })

  it('has its account only in development, and only in an empty store', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()

    assert.equal(await createDevelopmentAccount(gate.sallyport()), undefined)

    const reply = await gate.client().post('/auth/login', { email: 'test@test.com', password: '123456' })
    assertProblem(reply, 401, 'invalid_credentials')
    await gate.enter(ada)
  })
})

const checkout = join(import.meta.dirname, '../..')
const supervisor = join(checkout, 'src/cli/dev.ts')

/** What `npm run dev` runs, in a folder that has nothing but this .env. */
async function runDev(t: TestContext, env: string | undefined): Promise<ServerProcess> {
  const cwd = temporaryDirectory('brief')
  const port = await freePort()
  if (env !== undefined) writeFileSync(join(cwd, '.env'), env.replace('5000', String(port)))
  const command = existsSync(supervisor) ? [supervisor] : [join(checkout, 'src/server.ts'), 'development']
  const server = await startServer({ command, cwd, port })
  t.after(() => server.stop())
  return server
}

describe('the brief, in a terminal', () => {
  it('is npm run dev with the three lines of .env, and four requests', async (t) => {
    const server = await runDev(t, 'PORT=5000\nSESSION_SECRET=mysessionsecret\nJWT_SECRET=myjwtsecret\n')
    const client = createClient(`http://127.0.0.1:${server.port}`)
    t.after(client.close)

    await walk(client, async () => {
      const line = await server.waitForLine(/^Generated OTP:/)
      assert.match(line, /^Generated OTP: \d{6}$/)
      return line.slice('Generated OTP: '.length)
    })

    const output = server.output()
    assert.match(output, /test@test\.com \/ 123456/)
    for (const name of ['SESSION_SECRET', 'JWT_SECRET']) {
      assert.match(output, new RegExp(`^! ${name}: .* fix: `, 'm'))
    }
    for (const secret of ['mysessionsecret', 'myjwtsecret']) assert.equal(output.includes(secret), false)
  })

  it('needs no .env: it writes one with fresh secrets and says so', async (t) => {
    const server = await runDev(t, undefined)
    const client = createClient(`http://127.0.0.1:${server.port}`)
    t.after(client.close)

    await server.waitForLine(/^Wrote \.env with fresh secrets\.$/)
    await walk(client, async () =>
      (await server.waitForLine(/^Generated OTP: \d{6}$/)).slice('Generated OTP: '.length),
    )
  })
})
