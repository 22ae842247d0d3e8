/** ux.md 3.4: the eight rules that keep the tools of development out of everybody else's reach (UX-03). */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { readSettings, SettingsError } from '../../src/config/settings.ts'
import { createDoor, whyClosed } from '../../src/inspector/door.ts'
import { openGate, sessionSecret, type TestGate } from '../support/gate.ts'
import type { RequestOptions, Response } from '../support/http-client.ts'

const key = 'a-key-of-the-tools-that-is-long-enough-4711'
const paths = ['/_dev', '/_dev/flows', '/_dev/inbox', '/_dev/events', '/_dev/config', '/_dev/assets/main.ts']

describe('rule 2: who may come', () => {
  it('is a process of this machine, by the name of this machine and our port', () => {
    const door = createDoor(undefined)
    assert.ok(door(request({}), 'data'))
    assert.ok(door(request({ peer: '::1', host: '[::1]:5000' }), 'data'))
    assert.ok(door(request({ peer: '::ffff:127.0.0.1', host: '127.0.0.1:5000' }), 'data'))
    for (const peer of ['172.17.0.1', '192.168.1.7', '::ffff:10.0.0.2', 'fe80::1', ''])
      assert.equal(door(request({ peer }), 'page'), false, peer)
    for (const host of [
      'evil.test:5000',
      'localhost:5001',
      'localhost',
      'localhost.evil.test:5000',
      'a@localhost:5000',
      '',
    ])
      assert.equal(door(request({ host }), 'page'), false, host)
  })

  it('is nobody in production', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    for (const path of paths) await assertOrdinary(gate, path)
    await assertOrdinary(gate, '/_dev/clock', { method: 'POST', body: { advance: '1d' } })
  })

  it('is an ordinary 404 for all others', async (t) => {
    const gate = await openGate(t)
    for (const path of paths) {
      await assertOrdinary(gate, path, { headers: { host: `evil.test:${gate.port}` } })
      await assertOrdinary(gate, path, { headers: { host: 'localhost:1' } })
    }
  })
})

describe('rule 3: no deployment', () => {
  it('answers nothing that a proxy has forwarded', async (t) => {
    const gate = await openGate(t)
    for (const name of [
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-anything',
      'via',
      'x-real-ip',
    ])
      await assertOrdinary(gate, '/_dev/flows', { headers: { [name]: '203.0.113.9' } })
  })

  it('is off with a proxy, with https, and with a store elsewhere', () => {
    assert.equal(whyClosed(settings({})), undefined)
    assert.match(whyClosed(settings({ TRUST_PROXY: '1' })) ?? '', /TRUST_PROXY/)
    assert.match(whyClosed(settings({ PUBLIC_URL: 'https://auth.example' })) ?? '', /https/)
    assert.match(whyClosed(settings({ REDIS_URL: 'redis://cache.example:6379' })) ?? '', /REDIS_URL/)
    const local = [
      'postgres://a:b@localhost:5432/x',
      'postgres://127.0.0.1/x',
      'postgres:///x?host=/run/postgresql',
      'memory:',
    ]
    for (const url of local) assert.equal(whyClosed(settings({ DATABASE_URL: url })), undefined, url)
    const elsewhere = [
      'postgres://a:b@db.example/x',
      'postgres://a@10.0.0.5/x',
      'postgres://localhost/x?host=db.example',
    ]
    for (const url of elsewhere)
      assert.match(whyClosed(settings({ DATABASE_URL: url })) ?? '', /DATABASE_URL/, url)
  })

  it('says so once, and codes still reach the terminal', async (t) => {
    const gate = await openGate(t, { env: { TRUST_PROXY: '1' } })
    for (const path of paths) await assertOrdinary(gate, path)
    assert.deepEqual(
      gate.lines.filter((line) => line.includes('/_dev is off')),
      ['! /_dev is off: TRUST_PROXY is set, so others come in through a proxy.'],
    )
    const ada = await gate.makeAccount()
    await gate.logIn(ada)
    assert.ok(gate.lines.includes(`Generated OTP: ${await gate.code(ada)}`))
    const refused = await gate.client().get('/auth/protected')
    assert.equal(refused.body.inspect, undefined)
  })
})

describe('rule 4: DEV_TOOLS_KEY', () => {
  it('takes the place of the peer condition, and of that one only', () => {
    const door = createDoor(key)
    const withKey = { 'x-dev-tools-key': key }
    assert.ok(door(request({ peer: '172.17.0.1', headers: withKey }), 'data'))
    assert.equal(door(request({ peer: '127.0.0.1' }), 'data'), false)
    assert.equal(door(request({ headers: { 'x-dev-tools-key': `${key}x` } }), 'data'), false)
    assert.equal(door(request({ host: 'evil.test:5000', headers: withKey }), 'data'), false)
    assert.equal(door(request({ headers: { ...withKey, 'x-forwarded-for': '1.2.3.4' } }), 'data'), false)
    assert.equal(door(request({ headers: { ...withKey, 'sec-fetch-site': 'same-site' } }), 'act'), false)
    assert.ok(
      door(request({ peer: '172.17.0.1' }), 'page'),
      'the page, which holds nothing, reads the key from its address',
    )
  })

  it('stops the start of production, and of anything if it is short', () => {
    const production = {
      NODE_ENV: 'production',
      SMTP_URL: 'smtp://127.0.0.1:1025',
      PUBLIC_URL: 'https://auth.example',
      DEV_TOOLS_KEY: key,
    }
    assert.throws(
      () => settings(production),
      (reason) => {
        assert.ok(reason instanceof SettingsError)
        assert.deepEqual(
          reason.mistakes.map(({ name }) => name),
          ['DEV_TOOLS_KEY'],
        )
        assert.ok(!reason.message.includes(key))
        return true
      },
    )
    assert.throws(() => settings({ DEV_TOOLS_KEY: 'a'.repeat(31) }), SettingsError)
    assert.equal(settings({ DEV_TOOLS_KEY: key }).devToolsKey, key)
  })

  it('opens a real server to whoever brings it', async (t) => {
    const gate = await openGate(t, { env: { DEV_TOOLS_KEY: key } })
    await assertOrdinary(gate, '/_dev/flows')
    const reply = await gate.client().get('/_dev/flows', { headers: { 'x-dev-tools-key': key } })
    assert.equal(reply.status, 200)
    const page = await gate.client().get('/_dev')
    assert.equal(page.status, 200)
    assert.ok(!page.body.includes(key))
  })
})

describe('rule 5: other pages', () => {
  it('get no CORS, no frame and nothing inline, whatever CORS_ORIGINS says', async (t) => {
    const origin = 'http://app.example'
    const gate = await openGate(t, { env: { CORS_ORIGINS: origin } })
    for (const path of ['/_dev', '/_dev/assets/main.ts', '/_dev/state']) {
      const { status, headers } = await gate.client().get(path)
      assert.equal(status, 200, path)
      assert.equal(headers['access-control-allow-origin'], undefined)
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
      assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
      assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|\*/)
    }
    await assertOrdinary(gate, '/_dev/flows', { headers: { origin } })
  })

  it('can neither read nor act', async (t) => {
    const gate = await openGate(t)
    const cross: [string, string, Record<string, string>][] = [
      ['GET', '/_dev/flows', { 'sec-fetch-site': 'cross-site' }],
      ['GET', '/_dev/inbox', { 'sec-fetch-site': 'same-site' }],
      ['POST', '/_dev/clock', { 'sec-fetch-site': 'same-site' }],
      ['POST', '/_dev/try', { 'sec-fetch-site': 'cross-site' }],
      ['POST', '/_dev/try', { 'sec-fetch-site': 'none' }],
      ['POST', '/_dev/clock', { origin: 'http://localhost:3000' }],
      ['DELETE', '/_dev/flows', { origin: 'null' }],
    ]
    for (const [method, path, headers] of cross) await assertOrdinary(gate, path, { method, headers })
    const client = gate.client()
    const own = { 'sec-fetch-site': 'same-origin', origin: gate.url }
    assert.equal((await client.delete('/_dev/flows', { headers: own })).status, 204)
    assert.equal((await client.delete('/_dev/flows')).status, 204)
    assert.equal((await client.get('/_dev/flows', { headers: { 'sec-fetch-site': 'none' } })).status, 200)
  })
})

/** The same answer as any path that nobody knows, but for the id of its flow. */
async function assertOrdinary(
  gate: TestGate,
  path: string,
  { method = 'GET', ...options }: RequestOptions & { method?: string } = {},
): Promise<void> {
  const client = gate.client()
  const asked = await client.request(method, path, options)
  const unknown = await client.request(method, '/_xyz', options)
  assert.equal(asked.status, 404, `${method} ${path} ${JSON.stringify(options)}`)
  assert.deepEqual(withoutFlow(asked), withoutFlow(unknown))
}

function withoutFlow({ status, headers, body }: Response): string {
  const text = JSON.stringify([status, { ...headers, date: '' }, body])
  return text.replace(/[0-9A-Z]{4}-[0-9A-Z]{4}/g, 'FLOW')
}

function settings(env: Record<string, string>) {
  return readSettings({ SESSION_SECRET: sessionSecret, ...env }, 'development').settings
}

function request(options: {
  peer?: string
  host?: string
  headers?: Record<string, string>
}): IncomingMessage {
  const { peer = '127.0.0.1', host = 'localhost:5000', headers = {} } = options
  return {
    headers: { host, ...headers },
    socket: { remoteAddress: peer, localPort: 5000 },
  } as unknown as IncomingMessage
}
