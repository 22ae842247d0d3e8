/** A-BOOT-01: a server that would run unsafely does not run. The real process, in production. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { sessionSecret } from '../support/gate.ts'
import { StartFailure, startServer } from '../support/server-process.ts'

const good = { SESSION_SECRET: sessionSecret, SMTP_URL: 'smtp://127.0.0.1:9' }

/** Starts in an empty folder and gives what was refused. */
async function refusalOf(env: Record<string, string>): Promise<StartFailure> {
  const cwd = temporaryDirectory('boot')
  try {
    const server = await startServer({ env: { DATA_DIR: cwd, ...env }, cwd })
    await server.stop()
  } catch (reason) {
    if (reason instanceof StartFailure) return reason
    throw reason
  }
  throw new assert.AssertionError({ message: 'the server started' })
}

const refused: [name: string, setting: string, env: Record<string, string>][] = [
  ['no secret', 'SESSION_SECRET', { SMTP_URL: good.SMTP_URL }],
  ['a short secret', 'SESSION_SECRET', { ...good, SESSION_SECRET: 'k3Jd82jd9' }],
  ['the secret of the brief', 'SESSION_SECRET', { ...good, SESSION_SECRET: 'mysessionsecret' }],
  ['changeme', 'SESSION_SECRET', { ...good, SESSION_SECRET: 'changeme' }],
  ['a secret of one letter', 'SESSION_SECRET', { ...good, SESSION_SECRET: 'a'.repeat(64) }],
  ['one secret for both', 'JWT_SECRET', { ...good, JWT_SECRET: good.SESSION_SECRET }],
  ['plain http in public', 'PUBLIC_URL', { ...good, PUBLIC_URL: 'http://id.example.test' }],
  ['no mail', 'SMTP_URL', { SESSION_SECRET: good.SESSION_SECRET }],
  ['every proxy trusted', 'TRUST_PROXY', { ...good, TRUST_PROXY: 'true' }],
  [
    'no limits in public',
    'RATE_LIMITS',
    { ...good, RATE_LIMITS: 'off', PUBLIC_URL: 'https://id.example.test' },
  ],
  ['guessable codes', 'OTP_LENGTH', { ...good, OTP_LENGTH: '4' }],
  ['any origin', 'CORS_ORIGINS', { ...good, CORS_ORIGINS: '*' }],
]

describe('A-BOOT-01: refused settings', { concurrency: 2 }, () => {
  for (const [name, setting, env] of refused) {
    it(`${name}: exit code 78, with the setting and the fix`, async () => {
      const { exitCode, output } = await refusalOf(env)
      assert.equal(exitCode, 78, output)
      assert.match(output, new RegExp(`^  ${setting}: .+ Fix: .+`, 'm'))
      for (const secret of [env.SESSION_SECRET, env.JWT_SECRET]) {
        assert.equal(secret !== undefined && secret.length > 10 && output.includes(secret), false)
      }
    })
  }

  it('all mistakes are told together', async () => {
    const { exitCode, output } = await refusalOf({ PUBLIC_URL: 'http://id.example.test', OTP_TTL: 'soon' })
    assert.equal(exitCode, 78)
    for (const setting of ['SESSION_SECRET', 'PUBLIC_URL', 'SMTP_URL', 'OTP_TTL']) {
      assert.match(output, new RegExp(`^  ${setting}: `, 'm'))
    }
  })

  it('NODE_ENV unset is production', async () => {
    const { exitCode } = await refusalOf({})
    assert.equal(exitCode, 78)
  })

  it('an .env of development does not loosen it', async () => {
    const cwd = temporaryDirectory('boot')
    writeFileSync(join(cwd, '.env'), 'SESSION_SECRET=mysessionsecret\nJWT_SECRET=myjwtsecret\n')
    await assert.rejects(startServer({ env: { DATA_DIR: cwd }, cwd }), (reason: StartFailure) => {
      assert.equal(reason.exitCode, 78)
      assert.match(reason.output, /SESSION_SECRET/)
      assert.match(reason.output, /JWT_SECRET/)
      assert.equal(/mysessionsecret|myjwtsecret/.test(reason.output), false)
      return true
    })
  })

  it('good settings start, without a default account', async (t) => {
    const cwd = temporaryDirectory('boot')
    const server = await startServer({ env: { ...good, DATA_DIR: cwd }, cwd })
    t.after(() => server.stop())
    const reply = await fetch(`http://127.0.0.1:${server.port}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'test@test.com', password: '123456' }),
    })
    assert.equal(reply.status, 401)
  })
})
