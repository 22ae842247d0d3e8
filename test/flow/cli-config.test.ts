/** `sallyport config`: what is in effect, where it comes from, what it means. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseEnv } from 'node:util'
import { readSettings } from '../../src/config/settings.ts'
import { installation, runCommand } from '../support/command-line.ts'

const canary = 'canary-4711-k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2'
type Setting = { name: string; value: string | null; source: string; isSecret: boolean }

async function settingsOf(cwd: string, env: Record<string, string> = {}): Promise<Record<string, Setting>> {
  const run = await runCommand(['config', '--json'], { cwd, env })
  assert.equal(run.code, 0, run.stderr)
  return Object.fromEntries(JSON.parse(run.stdout).settings.map((each: Setting) => [each.name, each]))
}

describe('config', () => {
  it('says what each value is and where it comes from', async () => {
    const cwd = installation([`SESSION_SECRET=${canary}`, 'PORT=5005', 'OTP_TTL=5m'])
    writeFileSync(join(cwd, 'smtp'), 'smtp://user:canary-4711@mail.example:587')
    const settings = await settingsOf(cwd, { PORT: '5006', SMTP_URL_FILE: 'smtp', REDIS_URL: '' })
    const shown = (name: string) => [settings[name]?.value, settings[name]?.source]
    assert.deepEqual(shown('PORT'), ['5006', 'environment'])
    assert.deepEqual(shown('OTP_TTL'), ['5m', '.env'])
    assert.deepEqual(shown('SESSION_SECRET'), ['set', '.env'])
    assert.deepEqual(shown('SMTP_URL'), ['set', 'file'])
    assert.deepEqual(shown('PUBLIC_URL'), ['http://localhost:5006', 'default'])
    assert.deepEqual(shown('REDIS_URL'), [null, 'default'])
    assert.deepEqual(shown('NODE_ENV'), ['development', 'default'])
  })

  it('never shows a secret, in no form', async () => {
    const cwd = installation([`SESSION_SECRET=${canary}`, `JWT_SECRET=other-${canary}`])
    const env = {
      SMTP_URL: 'smtp://user:canary-4711@mail.example',
      DATABASE_URL: 'postgres://me:canary-4711@db.example/app',
      REDIS_URL: 'redis://:canary-4711@redis.example',
      PUBLIC_URL: 'https://canary-4711@auth.example',
    }
    for (const args of [[], ['--json'], ['--env'], ['explain'], ['explain', '--json']]) {
      const { code, stdout, stderr } = await runCommand(['config', ...args], { cwd, env })
      assert.equal(code, 78)
      assert.doesNotMatch(stdout + stderr, /canary-4711/, args.join(' '))
      assert.match(stderr, /^PUBLIC_URL: it is not an origin/m)
    }
  })

  it('writes lines that an .env reads back', async () => {
    const cwd = installation([`SESSION_SECRET=${canary}`, 'MAIL_FROM=\'"Nora, Co" <no-reply@example.org>\''])
    const { code, stdout } = await runCommand(['config', '--env'], { cwd })
    assert.equal(code, 0)
    assert.match(stdout, /^# SESSION_SECRET is set \(\.env\)$/m)
    const { settings } = readSettings(parseEnv(stdout), 'development')
    assert.deepEqual([settings.otpTtlMs, settings.mailFrom], [600_000, '"Nora, Co" <no-reply@example.org>'])
  })

  it('tells all mistakes together', async () => {
    const env = { PORT: 'many', OTP_TTL: 'soon', DATABASE_URL: 'mysql://db' }
    const run = await runCommand(['config'], { env })
    assert.equal(run.code, 78)
    for (const name of Object.keys(env)) assert.match(run.stderr, new RegExp(`^${name}: .* Fix: `, 'm'))
    assert.match(run.stdout, /^OTP_LENGTH +6 +default$/m)
  })
})

describe('config explain', () => {
  it('says what a setting brings with the value that it has', async () => {
    const explain = async (name: string, env: Record<string, string> = {}) =>
      (await runCommand(['config', 'explain', name], { env })).stdout
    assert.match(
      await explain('PUBLIC_URL', { PUBLIC_URL: 'https://auth.example' }),
      /Secure with the prefix __Host-/,
    )
    assert.match(await explain('JWT_SECRET'), /published as JWKS/)
    assert.match(await explain('JWT_SECRET', { JWT_SECRET: canary }), /the JWKS is empty/)
    assert.match(await explain('DATABASE_URL'), /One server process only/)
    assert.match(await explain('TRUST_PROXY'), /X-Forwarded-For is not believed/)
  })

  it('names contradictions, and what production would refuse', async () => {
    const env = { SESSION_TTL: '1h', SESSION_IDLE_TTL: '2h', SESSION_SECRET: 'mysessionsecret' }
    const run = await runCommand(['config', 'explain', '--json'], { env })
    const { mistakes, productionRefuses } = JSON.parse(run.stdout)
    const names = (notices: { name: string }[]) => notices.map(({ name }) => name)
    assert.deepEqual([run.code, names(mistakes)], [78, ['SESSION_IDLE_TTL']])
    assert.deepEqual(names(productionRefuses), ['SESSION_IDLE_TTL', 'SESSION_SECRET', 'SMTP_URL'])
  })

  it('says that production would start', async () => {
    const env = {
      SESSION_SECRET: canary,
      SMTP_URL: 'smtp://mail.example',
      PUBLIC_URL: 'https://auth.example',
    }
    const run = await runCommand(['config', 'explain'], { env })
    assert.deepEqual([run.code, run.stderr], [0, ''])
    assert.match(run.stdout, /^ok {4}Production would start\.$/m)
  })

  it('knows no other settings', async () => {
    const run = await runCommand(['config', 'explain', 'PORTS'])
    assert.deepEqual([run.code, run.stdout], [2, ''])
    assert.match(run.stderr, /Allowed choices are PORT, /)
  })
})
