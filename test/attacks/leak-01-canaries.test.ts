/** A-LEAK-01: every secret of a flow is looked for wherever it should not be. Against the real process at debug level. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readSettings } from '../../src/config/settings.ts'
import { createAccount } from '../../src/flow/accounts.ts'
import { createSallyport } from '../../src/sallyport.ts'
import type { Email } from '../../src/utils/email.ts'
import { embedded } from '../support/engines.ts'
import { wrongCode } from '../support/gate.ts'
import { createClient, type Response } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server-process.ts'
import { codeIn, startSmtpSink } from '../support/smtp-sink.ts'

const email = 'ada@example.test'
const password = 'canary-password-7f3a91'

describe('A-LEAK-01: canaries', () => {
  it('stand in no log line, reply, audit entry or file', async (t) => {
    const [store, sink, port] = [await embedded.open(), await startSmtpSink(), await freePort()]
    const secrets = {
      session: 'canary-session-secret-0123456789-abcdefghij-c0ffee',
      jwt: 'canary-jwt-secret-0123456789-abcdefghijklmn-c0ffee',
    }
    const env = {
      ...store.env,
      SESSION_SECRET: secrets.session,
      JWT_SECRET: secrets.jwt,
      SMTP_URL: sink.url,
      OTP_LENGTH: '9',
      LOG_LEVEL: 'trace',
      RATE_LIMITS: 'off',
      PUBLIC_URL: `http://localhost:${port}`,
    }
    await makeAccount(env)
    const server = await startServer({ env, port })
    t.after(async () => {
      await server.stop()
      await sink.close()
      await store.cleanUp()
    })
    const client = createClient(`http://127.0.0.1:${port}`)
    t.after(client.close)
    const replies: Response[] = []
    const ask = async (method: string, path: string, body?: unknown, bearer?: string) => {
      const options = { ...(body === undefined ? {} : { body }), ...(bearer === undefined ? {} : { bearer }) }
      const reply = await client.request(method, path, options)
      replies.push(reply)
      return reply
    }
    const cookies = new Set<string>()
    const keepCookie = () => cookies.add(client.cookies.get('sallyport.sid') ?? '')

    await ask('POST', '/auth/login', { email, password: `${password}-wrong` })
    await ask('POST', '/auth/login', `{"email":"${email}","password":"${password}"`)
    await ask('POST', '/auth/login', { email, password: [password] })
    await ask('POST', '/auth/login', { email: password, password })
    await ask('POST', '/auth/login', { email, password, more: 'x'.repeat(17_000) })
    await ask('GET', `/auth/login?password=${password}`)
    await ask('POST', '/auth/login', { email, password })
    keepCookie()
    const code = codeIn(await sink.waitForMail({ to: email }), 9)
    await ask('POST', '/auth/token')
    await ask('POST', '/auth/otp/resend')
    await ask('POST', '/auth/verify-otp', { otp: wrongCode(code) })
    await ask('POST', '/auth/verify-otp', { otp: [code] })
    await ask('GET', `/auth/verify-otp?otp=${code}`)
    await ask('POST', '/auth/verify-otp', { otp: code })
    keepCookie()
    await ask('POST', '/auth/verify-otp', { otp: code })
    const tokens = (await client.post('/auth/token', { refresh: true })).body
    const next = (await client.post('/auth/refresh', { refreshToken: tokens.refreshToken })).body
    await ask('GET', '/auth/protected', undefined, tokens.accessToken)
    await ask('GET', '/auth/protected', undefined, `${tokens.accessToken}x`)
    await ask('GET', `/auth/protected?access_token=${tokens.accessToken}`)
    await ask('GET', '/auth/session')
    await ask('GET', '/auth/sessions')
    await ask('DELETE', `/auth/sessions/${tokens.refreshToken}`)
    await ask('POST', '/auth/refresh', { refreshToken: `${tokens.refreshToken}x` })
    await ask('POST', '/auth/refresh', { refreshToken: [next.refreshToken] })
    await ask('GET', `/${tokens.refreshToken}`)
    await ask('POST', '/auth/logout')
    await ask('GET', '/auth/protected', undefined, next.accessToken)
    await ask('POST', '/auth/refresh', { refreshToken: next.refreshToken })
    // The server writes what it gathered.
    assert.equal(await server.stop(), 0)

    const canaries: Record<string, string> = {
      ...secrets,
      password,
      code,
      'access token': tokens.accessToken,
      'its signature': tokens.accessToken.split('.')[2],
      'next access token': next.accessToken,
      'refresh token': tokens.refreshToken.slice(4),
      'next refresh token': next.refreshToken.slice(4),
    }
    for (const [at, cookie] of [...cookies].entries()) {
      canaries[`cookie ${at}`] = decodeURIComponent(cookie).slice(2, 45)
    }
    const bodies = JSON.stringify(
      replies.map(({ body, headers: { 'set-cookie': _own, ...rest } }) => [body, rest]),
    )
    const places = { log: server.output(), replies: bodies, ...filesOf(store.env.DATA_DIR ?? '') }
    assert.ok(server.lines.length > 20, `the log has ${server.lines.length} lines`)
    assert.ok(Object.keys(places).length > 2, 'there are files')
    for (const [place, text] of Object.entries(places)) {
      for (const [name, canary] of Object.entries(canaries)) {
        assert.equal(text.includes(canary), false, `${name} in ${place}`)
      }
    }
  })
})

/** As `sallyport user create` does it beside the server. */
async function makeAccount(env: Record<string, string>): Promise<void> {
  const quiet = { event() {}, refusal() {}, fault() {}, notice() {} }
  const sallyport = await createSallyport(readSettings(env, 'production').settings, { log: quiet })
  await createAccount(sallyport.inside.gate, { email: email as Email, password, by: 'command' })
  await sallyport.close()
}

function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory)
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'latin1')]))
}
