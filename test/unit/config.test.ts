import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { entryList } from '../../src/config/entries.ts'
import { readSettings, SettingsError } from '../../src/config/settings.ts'
import { formatDuration, parseDuration } from '../../src/utils/duration.ts'

const secret = 'k3Wq9vT1xZ7bN5mR2pL8sD4fG6hJ0aYc'

test('the three lines of the brief work in development, with one warning for each secret', () => {
  const brief = { PORT: '5000', SESSION_SECRET: 'mysessionsecret', JWT_SECRET: 'myjwtsecret' }
  const { settings, warnings } = readSettings(brief, 'development')
  assert.deepEqual(settings, {
    mode: 'development',
    port: 5000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:5000',
    sessionSecrets: ['mysessionsecret'],
    jwtSecret: 'myjwtsecret',
    jwtAlgorithm: 'ES256',
    dataDirectory: './data',
    database: { kind: 'embedded', directory: './data' },
    databaseSync: 'full',
    redisUrl: undefined,
    smtpUrl: undefined,
    mailFrom: 'Sallyport <no-reply@localhost>',
    corsOrigins: [],
    trustProxy: 0,
    tokenAudience: 'http://localhost:5000',
    clients: [],
    accessTokenTtlMs: 300_000,
    refreshTokenTtlMs: 2_592_000_000,
    refreshGraceMs: 30_000,
    sessionIdleTtlMs: 86_400_000,
    sessionTtlMs: 2_592_000_000,
    stepUpTtlMs: 600_000,
    trustedDeviceTtlMs: 2_592_000_000,
    registration: 'open',
    breachedPasswords: false,
    otpTtlMs: 600_000,
    otpResendAfterMs: 30_000,
    otpAttempts: 5,
    otpLength: 6,
    rateLimits: true,
    devToolsKey: undefined,
    logLevel: 'info',
  })
  assert.deepEqual(warnings, [
    {
      name: 'SESSION_SECRET',
      wrong: 'it is a well-known example value',
      fix: 'Put in the output of: npx sallyport secret',
    },
    {
      name: 'JWT_SECRET',
      wrong: 'it is a well-known example value',
      fix: 'Leave it out for asymmetric keys. Or: Put in the output of: npx sallyport secret',
    },
  ])
})

test('production needs a secret and a mail server, and listens for everybody', () => {
  const { settings, warnings } = readSettings(
    { SESSION_SECRET: secret, SMTP_URL: 'smtp://mail.example', PUBLIC_URL: 'https://auth.example/' },
    'production',
  )
  assert.equal(settings.mode, 'production')
  assert.equal(settings.host, '0.0.0.0')
  assert.equal(settings.publicUrl, 'https://auth.example')
  assert.equal(settings.mailFrom, 'Sallyport <no-reply@auth.example>')
  assert.equal(settings.tokenAudience, 'https://auth.example')
  assert.deepEqual(warnings, [])
})

test('NODE_ENV decides over the mode of the command, and knows two values', () => {
  assert.equal(readSettings({ NODE_ENV: 'development' }, 'production').settings.mode, 'development')
  assert.deepEqual(mistakesOf({}, 'production'), mistakesOf({ NODE_ENV: 'production' }))
  assert.deepEqual(mistakesOf({ NODE_ENV: 'test' }), ['NODE_ENV'])
})

test('all mistakes are reported together, each on its own line with its fix', () => {
  const env = { PORT: '70000', TRUST_PROXY: 'true', OTP_TTL: '600', LOG_LEVEL: 'loud', SMTP_URL: 'mail' }
  assert.throws(() => readSettings(env, 'production'), {
    name: 'SettingsError',
    message: `The settings need a correction:
  PORT: "70000" is not a number from 0 to 65535. Fix: Use 0 to 65535.
  TRUST_PROXY: "true" believes an address that any caller can write into X-Forwarded-For. Fix: Write how many proxies of yours stand in front (0 to 10), or their addresses: 10.0.0.0/8,192.168.1.7. None: 0.
  LOG_LEVEL: "loud" is not one of its values. Fix: Use one of fatal, error, warn, info, debug, trace, silent.
  SMTP_URL: it is not an SMTP address. Fix: Write smtp://user:password@host:587, or smtps://user:password@host:465 for TLS from the first byte (in the password write %40 for @, %2F for /, %25 for %).
  OTP_TTL: "600" is not a duration. Fix: Write a number and a unit: 500ms, 30s, 10m, 24h or 30d.
  SESSION_SECRET: it is missing. Fix: Put in the output of: npx sallyport secret`,
  })
})

test('an empty value is the same as none', () => {
  const empty = Object.fromEntries(entryList.map(([name]) => [name, name.endsWith('L') ? ' ' : '']))
  const { settings } = readSettings({ ...empty, SESSION_SECRET: secret }, 'development')
  assert.deepEqual(settings, readSettings({ SESSION_SECRET: secret }, 'development').settings)
})

test('the defaults of the shorter lives follow SESSION_TTL, what was written does not', () => {
  const { settings } = readSettings({ SESSION_TTL: '2s' }, 'development')
  assert.equal(settings.sessionIdleTtlMs, 2_000)
  assert.equal(settings.accessTokenTtlMs, 2_000)
  assert.deepEqual(mistakesOf({ SESSION_TTL: '1h', SESSION_IDLE_TTL: '2h' }), ['SESSION_IDLE_TTL'])
  assert.deepEqual(mistakesOf({ SESSION_TTL: '5m', ACCESS_TOKEN_TTL: '10m' }), ['ACCESS_TOKEN_TTL'])
  assert.deepEqual(mistakesOf({ SESSION_IDLE_TTL: '31d' }), ['SESSION_IDLE_TTL'])
})

test('limits may be off for a load test on a loopback address, with a warning', () => {
  for (const PUBLIC_URL of ['http://localhost:5000', 'http://127.8.9.1', 'https://[::1]:8443']) {
    const { settings, warnings } = readSettings(
      { SESSION_SECRET: secret, RATE_LIMITS: 'off', PUBLIC_URL },
      'development',
    )
    assert.equal(settings.rateLimits, false)
    assert.deepEqual(
      warnings.map(({ name }) => name),
      ['RATE_LIMITS'],
    )
  }
})

test('tokens that outlive an idle session are allowed, with a warning', () => {
  const given = { SESSION_SECRET: secret, SESSION_IDLE_TTL: '2m' }
  const { warnings } = readSettings(given, 'development')
  assert.deepEqual(
    warnings.map(({ name }) => name),
    ['ACCESS_TOKEN_TTL'],
  )
  assert.deepEqual(readSettings({ ...given, ACCESS_TOKEN_TTL: '2m' }, 'development').warnings, [])
})

test('a port of 80 does not show in the default PUBLIC_URL', () => {
  assert.equal(readSettings({ PORT: '80' }, 'development').settings.publicUrl, 'http://localhost')
})

test('whatever the environment holds, the answer is settings or a SettingsError', () => {
  const names = entryList.flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]))
  const likely = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.webUrl({ withQueryParameters: true }),
    fc.constantFrom(
      '0',
      '-1',
      '4',
      'on',
      '30s',
      'postgres://%@%/%',
      'postgres://a?user=%25',
      'redis://[::1',
      'a@b',
      '::/0',
    ),
  )
  const environment = fc.dictionary(fc.constantFrom(...names), likely)
  fc.assert(
    fc.property(environment, fc.constantFrom('development', 'production'), (env, mode) => {
      try {
        assert.equal(typeof readSettings(env, mode).settings.port, 'number')
      } catch (error) {
        assert.ok(error instanceof SettingsError && error.mistakes.length > 0, String(error))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a duration is read back from the way it is written', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.constantFrom('ms', 's', 'm', 'h', 'd'),
      (count, unit) => {
        const milliseconds = parseDuration(`${count}${unit}`)
        assert.ok(milliseconds !== undefined)
        assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds)
      },
    ),
  )
})

function mistakesOf(
  env: Record<string, string>,
  mode: 'development' | 'production' = 'development',
): string[] {
  try {
    readSettings(env, mode)
    return []
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.mistakes.map(({ name }) => name)
  }
}
