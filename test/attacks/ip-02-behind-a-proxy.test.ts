/** A-IP-02: behind one trusted proxy, which adds the real address at the right of what the client wrote. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate, type TestGate } from '../support/gate.ts'

/** The address that the server believes, read from the session list. */
async function believed(gate: TestGate, forwardedFor: string | string[]): Promise<string> {
  const ada = await gate.makeAccount(`ada${Math.random().toString().slice(2)}@example.test`)
  const client = gate.client()
  const headers = { 'X-Forwarded-For': forwardedFor }
  await client.post('/auth/login', { email: ada.email, password: ada.password }, { headers })
  await client.post('/auth/verify-otp', { otp: await gate.code(ada) }, { headers })
  return (await client.get('/auth/sessions', { headers })).body.sessions[0].address
}

describe('A-IP-02: X-Forwarded-For', () => {
  const cases: [sent: string, believed: string][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['127.0.0.1, 10.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9 ', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    // What is no address is not believed: then it is the proxy itself.
    ['1.1.1.1, unknown', '127.0.0.1'],
    ['1.1.1.1, ', '127.0.0.1'],
    ["1.1.1.1, '><script>", '127.0.0.1'],
    ['', '127.0.0.1'],
    [`${'9.9.9.9, '.repeat(1_000)}203.0.113.9`, '203.0.113.9'],
    [`${'junk, '.repeat(1_000)}203.0.113.9`, '203.0.113.9'],
  ]
  for (const [sent, expected] of cases) {
    it(`of "${sent.slice(0, 40)}" is ${expected} with one hop`, async (t) => {
      const gate = await openGate(t, { env: { TRUST_PROXY: '1' }, quickPasswords: true })
      assert.equal(await believed(gate, sent), expected)
    })
  }

  it('is one list, also in several headers', async (t) => {
    const gate = await openGate(t, { env: { TRUST_PROXY: '1' }, quickPasswords: true })
    assert.equal(await believed(gate, ['1.1.1.1', '203.0.113.9']), '203.0.113.9')
  })

  it('is walked through the trusted networks of a list', async (t) => {
    const env = { TRUST_PROXY: '127.0.0.1,10.0.0.0/8' }
    const gate = await openGate(t, { env, quickPasswords: true })
    assert.equal(await believed(gate, '1.1.1.1, 203.0.113.9, 10.0.0.3, 10.0.0.2'), '203.0.113.9')
  })

  it('does not help to get around the limit, whatever is prepended', async (t) => {
    const env = { TRUST_PROXY: '1', RATE_LIMITS: 'on' }
    const gate = await openGate(t, { env, quickPasswords: true })
    const client = gate.client()
    const statuses: number[] = []
    for (let n = 0; n < 70; n++) {
      const headers = { 'X-Forwarded-For': `198.51.100.${n}, 203.0.113.9` }
      const login = { email: `user${n}@example.test`, password: 'x' }
      statuses.push((await client.post('/auth/login', login, { headers })).status)
    }
    assert.deepEqual(statuses, [...Array(60).fill(401), ...Array(10).fill(429)])
    // Another client of the same proxy is another one.
    const other = { 'X-Forwarded-For': '203.0.113.10' }
    const login = { email: 'user@example.test', password: 'x' }
    assert.equal((await client.post('/auth/login', login, { headers: other })).status, 401)
  })

  it('of one IPv6 network counts as one source', async (t) => {
    const env = { TRUST_PROXY: '1', RATE_LIMITS: 'on' }
    const gate = await openGate(t, { env, quickPasswords: true })
    const client = gate.client()
    let limited = 0
    for (let n = 0; n < 65; n++) {
      const headers = { 'X-Forwarded-For': `2001:db8:1:2:${n.toString(16)}::${n}` }
      const login = { email: `user${n}@example.test`, password: 'x' }
      if ((await client.post('/auth/login', login, { headers })).status === 429) limited++
    }
    assert.equal(limited, 5)
  })
})
