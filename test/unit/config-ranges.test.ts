import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings, SettingsError } from '../../src/config/settings.ts'

for (const [env, names] of [
  [{ OTP_RESEND_AFTER: '0s', REFRESH_GRACE: '0s' }, []],
  [{ OTP_TTL: '0s' }, ['OTP_TTL']],
  [{ SESSION_TTL: '0d', ACCESS_TOKEN_TTL: '0m' }, ['ACCESS_TOKEN_TTL', 'SESSION_TTL']],
  [{ REFRESH_GRACE: '5m' }, []],
  [{ REFRESH_GRACE: '301s' }, ['REFRESH_GRACE']],
  [{ ACCESS_TOKEN_TTL: '1h' }, []],
  [{ ACCESS_TOKEN_TTL: '61m' }, ['ACCESS_TOKEN_TTL']],
  [{ SESSION_TTL: '400d' }, []],
  [{ SESSION_TTL: '401d' }, ['SESSION_TTL']],
  [{ SESSION_TTL: '999999999d' }, ['SESSION_TTL']],
  [{ OTP_TTL: '10 m' }, ['OTP_TTL']],
  [{ OTP_ATTEMPTS: '0' }, ['OTP_ATTEMPTS']],
  [{ OTP_ATTEMPTS: '20' }, []],
  [{ OTP_ATTEMPTS: '21' }, ['OTP_ATTEMPTS']],
  [{ OTP_LENGTH: '9' }, []],
  [{ OTP_LENGTH: '10' }, ['OTP_LENGTH']],
  [{ OTP_LENGTH: '6.5' }, ['OTP_LENGTH']],
  [{ PORT: '0' }, []],
  [{ PORT: '-1' }, ['PORT']],
  [{ PORT: '0x10' }, ['PORT']],
  [{ HOST: '::1' }, []],
  [{ HOST: 'auth.internal' }, []],
  [{ HOST: 'http://localhost' }, ['HOST']],
  [{ HOST: 'localhost:5000' }, ['HOST']],
  [{ JWT_ALG: 'EdDSA' }, []],
  [{ JWT_ALG: 'HS256' }, ['JWT_ALG']],
  [{ TOKEN_AUDIENCE: 'my api' }, ['TOKEN_AUDIENCE']],
  [{ DATA_DIR: 'a\0b' }, ['DATA_DIR']],
  [{ RATE_LIMITS: 'false' }, ['RATE_LIMITS']],
  [{ RATE_LIMITS: 'off', PUBLIC_URL: 'https://auth.example' }, ['RATE_LIMITS']],
] satisfies [Record<string, string>, string[]][]) {
  test(`${JSON.stringify(env)} has ${names.length === 0 ? 'no mistake' : `a mistake in ${names}`}`, () => {
    assert.deepEqual(mistakesOf(env), names)
  })
}

function mistakesOf(env: Record<string, string>): string[] {
  try {
    readSettings(env, 'development')
    return []
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.mistakes.map(({ name }) => name)
  }
}
