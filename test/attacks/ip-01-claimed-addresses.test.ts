/** A-IP-01: the client says where it comes from, and there is no trusted proxy. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

const names = [
  'X-Forwarded-For',
  'X-Real-IP',
  'CF-Connecting-IP',
  'True-Client-IP',
  'X-Client-IP',
  'Client-IP',
]

describe('A-IP-01: claimed addresses', () => {
  it('are ignored: the limit is that of the connection', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' }, quickPasswords: true })
    const client = gate.client()
    const statuses: number[] = []

    for (let n = 0; n < 120; n++) {
      const address = `198.51.100.${n}`
      const headers = Object.fromEntries(names.map((name) => [name, address]))
      const login = { email: `user${n}@example.test`, password: 'x' }
      const options = { headers: { ...headers, Forwarded: `for=${address}` } }
      statuses.push((await client.post('/auth/login', login, options)).status)
    }

    assert.deepEqual(statuses, [...Array(60).fill(401), ...Array(60).fill(429)])
  })

  it('are not what the session list and the audit trail say', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    const headers = { 'X-Forwarded-For': '198.51.100.9', 'X-Real-IP': '198.51.100.9' }
    await client.post('/auth/login', { email: ada.email, password: ada.password }, { headers })
    await client.post('/auth/verify-otp', { otp: await gate.code(ada) }, { headers })

    assert.equal((await client.get('/auth/sessions')).body.sessions[0].address, '127.0.0.1')
    const { database } = gate.sallyport().inside.gate.stores
    const rows = await database.read('select distinct address from audit_events where address is not null')
    assert.deepEqual(
      rows.map(({ address }) => address),
      ['127.0.0.1'],
    )
  })
})
