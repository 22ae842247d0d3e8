import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeholderSecret } from '../../src/config/secrets.ts'
import { readSettings, type SettingNotice, SettingsError } from '../../src/config/settings.ts'

// Each row is refused by production and is one warning in development (contract 2, A-BOOT-01).

const secret = 'k3Wq9vT1xZ7bN5mR2pL8sD4fG6hJ0aYc'
const other = 'Y8uB2nM5cX1zQ7wE4rT9yU3iO6pA0sDf'
const sound = { SESSION_SECRET: secret, SMTP_URL: 'smtp://mail.example', PUBLIC_URL: 'https://auth.example' }

test('a sound environment is accepted', () => {
  assert.deepEqual(refusals(sound), [])
  assert.deepEqual(refusals({ ...sound, JWT_SECRET: other, SESSION_SECRET: `${secret},${other}x` }), [])
})

for (const [title, env, refusal] of [
  ['no secret', { SESSION_SECRET: undefined }, 'SESSION_SECRET: it is missing'],
  ['a short one', { SESSION_SECRET: secret.slice(1) }, 'SESSION_SECRET: it is shorter than 32 bytes'],
  [
    'a short old one',
    { SESSION_SECRET: `${secret},old` },
    'SESSION_SECRET: entry 2 is shorter than 32 bytes',
  ],
  ['a short JWT secret', { JWT_SECRET: 'abc' }, 'JWT_SECRET: it is shorter than 32 bytes'],
  ['the secret of the brief', { SESSION_SECRET: 'mysessionsecret' }, wellKnown('SESSION_SECRET')],
  ['the other of the brief', { JWT_SECRET: 'MyJwtSecret' }, wellKnown('JWT_SECRET')],
  ['changeme', { SESSION_SECRET: 'ChangeMe' }, wellKnown('SESSION_SECRET')],
  ['keyboard cat', { SESSION_SECRET: 'keyboard cat' }, wellKnown('SESSION_SECRET')],
  ['your-secret-here', { SESSION_SECRET: 'your-secret-here' }, wellKnown('SESSION_SECRET')],
  [
    'supersecret, stretched',
    { JWT_SECRET: 'super-secret-jwt-token-with-32-characters' },
    wellKnown('JWT_SECRET'),
  ],
  ['password', { JWT_SECRET: 'password' }, wellKnown('JWT_SECRET')],
  ['the line of .env.example', { SESSION_SECRET: placeholderSecret }, wellKnown('SESSION_SECRET')],
  ['one letter', { SESSION_SECRET: 'x'.repeat(64) }, 'SESSION_SECRET: it repeats one pattern'],
  [
    'a pattern',
    { SESSION_SECRET: '0123456789abcdef0123456789ABCDEF' },
    'SESSION_SECRET: it repeats one pattern',
  ],
  ['a pattern cut short', { JWT_SECRET: 'abc123'.repeat(6).slice(1) }, 'JWT_SECRET: it repeats one pattern'],
  [
    'few characters',
    { JWT_SECRET: `${'a'.repeat(20)}${'b'.repeat(20)}` },
    'JWT_SECRET: it consists of a few characters only',
  ],
  [
    'one secret for both',
    { SESSION_SECRET: `${other},${secret}`, JWT_SECRET: secret },
    'JWT_SECRET: it is also a SESSION_SECRET, so whoever verifies tokens could forge sessions',
  ],
  [
    'a short secret of a service',
    { CLIENTS: `orders:${other},shop:abc` },
    'CLIENTS: the secret of entry 2 is shorter than 32 bytes',
  ],
  [
    'the secret of a service from .env.example',
    { CLIENTS: `orders:${placeholderSecret}` },
    'CLIENTS: the secret of entry 1 is a well-known example value',
  ],
  [
    'one secret for two services',
    { CLIENTS: `orders:${other},shop:${other}` },
    'CLIENTS: the secret of entry 2 is also another secret here',
  ],
  [
    'a service with the secret of the sessions',
    { CLIENTS: `orders:${secret}` },
    'CLIENTS: the secret of entry 1 is also another secret here',
  ],
  [
    'a service with the secret of the tokens',
    { JWT_SECRET: other, CLIENTS: `orders:${other}` },
    'CLIENTS: the secret of entry 1 is also another secret here',
  ],
  [
    'http in public',
    { PUBLIC_URL: 'http://auth.example' },
    'PUBLIC_URL: it is http: passwords, codes and cookies would cross the network readable',
  ],
  [
    'a code of 11 minutes',
    { OTP_TTL: '11m' },
    'OTP_TTL: 11m is longer than a code may live (10m, ASVS 6.5.5)',
  ],
  [
    'the credentials of the Postgres image',
    { DATABASE_URL: 'postgres://postgres:postgres@db.example/app' },
    'DATABASE_URL: it logs in as postgres with the password postgres, which everybody tries first',
  ],
  [
    'the same in the query',
    { DATABASE_URL: 'postgresql://app@localhost/app?user=postgres&password=postgres&host=db.example' },
    'DATABASE_URL: it logs in as postgres with the password postgres, which everybody tries first',
  ],
] satisfies [string, Record<string, string | undefined>, string][]) {
  test(`${title}: refused in production, one warning in development`, () => {
    assert.deepEqual(refusals({ ...sound, ...env }), [refusal])
    const { warnings } = readSettings({ ...sound, ...env }, 'development')
    assert.deepEqual(
      warnings.map(({ name }) => name),
      [refusal.split(':')[0]],
    )
  })
}

test('production needs a mail server, development shows its mail', () => {
  assert.deepEqual(refusals({ ...sound, SMTP_URL: '' }), [
    'SMTP_URL: it is missing: no code would reach anybody',
  ])
  assert.deepEqual(readSettings({ ...sound, SMTP_URL: '' }, 'development').warnings, [])
})

test('production on a loopback address may be http and may use memory:, with a warning', () => {
  const local = { SESSION_SECRET: secret, SMTP_URL: 'smtp://localhost:2525', DATABASE_URL: 'memory:' }
  const { settings, warnings } = readSettings(local, 'production')
  assert.equal(settings.publicUrl, 'http://localhost:5000')
  assert.deepEqual(settings.database, { kind: 'memory' })
  assert.deepEqual(
    warnings.map(({ name }) => name),
    ['DATABASE_URL'],
  )
  assert.deepEqual(refusals({ ...local, PUBLIC_URL: 'https://auth.example' }), [
    'DATABASE_URL: memory: forgets every account when the server stops',
  ])
})

test('the default credentials of Postgres are accepted where only this machine can use them', () => {
  for (const url of ['postgres://postgres:postgres@127.0.0.1/app', 'postgres://postgres:postgres@/app']) {
    assert.deepEqual(refusals({ ...sound, DATABASE_URL: url }), [])
  }
})

test('an open Redis on another machine is a warning in production', () => {
  const warned = (REDIS_URL: string) =>
    readSettings({ ...sound, REDIS_URL }, 'production').warnings.length === 1
  assert.ok(warned('redis://cache.example:6379'))
  assert.ok(warned('redis+cluster://localhost:7000,cache.example:7001'))
  assert.ok(!warned('redis://:hunter2@cache.example:6379'))
  assert.ok(!warned('redis://[::1]:6379'))
})

test('without a secret, each development run makes up another one', () => {
  const first = readSettings({}, 'development').settings.sessionSecrets
  const second = readSettings({}, 'development').settings.sessionSecrets
  assert.match(first[0], /^[\w-]{43}$/)
  assert.notDeepEqual(first, second)
  const shared = readSettings({ REDIS_URL: 'redis://localhost' }, 'development').warnings
  assert.deepEqual(
    shared.map(({ wrong }) => wrong),
    [
      'it is missing: this run uses a random one, so codes and sessions end with it, and no other process understands them',
    ],
  )
})

test('a secret never shows in a message', () => {
  const canary = 'CANARY-hunter2'
  const env = {
    SESSION_SECRET: `${canary},,`,
    JWT_SECRET: ` ${canary}`,
    DATABASE_URL: `mysql://root:${canary}@db`,
    REDIS_URL: `redis://:${canary}@`,
    SMTP_URL: `http://me:${canary}@mail`,
    PUBLIC_URL: `https://me:${canary}@auth.example`,
    CORS_ORIGINS: `https://me:${canary}@app.example`,
  }
  const mistakes = mistakesOf(env, 'development')
  assert.deepEqual(mistakes.map(({ name }) => name).sort(), Object.keys(env).sort())
  assert.ok(!JSON.stringify(mistakes).includes(canary))
})

function wellKnown(name: string): string {
  return `${name}: it is a well-known example value`
}

function refusals(env: Record<string, string | undefined>): string[] {
  return mistakesOf(env, 'production').map(({ name, wrong }) => `${name}: ${wrong}`)
}

function mistakesOf(
  env: Record<string, string | undefined>,
  mode: 'development' | 'production',
): SettingNotice[] {
  try {
    readSettings(env, mode)
    return []
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.mistakes
  }
}
