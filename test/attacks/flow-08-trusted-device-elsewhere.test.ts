/** A-FLOW-08: the cookie of a trusted device, for another account and after everything that should end it (ASVS 6.3.4). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const newPassword = 'seven horses in the rain'
const name = 'sallyport.device'

/** A verified client in a browser that is trusted from now on, and the cookie of that. */
async function trust(gate: TestGate, account: TestAccount): Promise<{ client: Client; secret: string }> {
  const client = await gate.logIn(account)
  const otp = await gate.code(account)
  const reply = await client.post('/auth/verify-otp', { otp, trustDevice: true })
  assert.equal(reply.body.deviceTrusted, true)
  const secret = client.cookies.get(name)
  assert.ok(secret)
  return { client, secret }
}

/** Logs in from a new browser that has only that cookie. Gives the next step: `token` or `verify-otp`. */
async function nextWith(gate: TestGate, account: TestAccount, secret: string): Promise<string> {
  const client = gate.client()
  client.cookies.set(name, secret)
  const { email, password } = account
  const reply = await client.post('/auth/login', { email, password })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  const { stage } = (await client.get('/auth/session')).body
  assert.equal(stage, reply.body.next === 'token' ? 'verified' : 'otp_pending')
  return reply.body.next
}

type Ending = (gate: TestGate, ada: TestAccount, client: Client, secret: string) => Promise<TestAccount>

const change: Ending = async (_gate, ada, client) => {
  const body = { currentPassword: ada.password, newPassword }
  assert.equal((await client.post('/auth/password/change', body)).status, 200)
  return { ...ada, password: newPassword }
}

const endings: Record<string, Ending> = {
  async 'it was revoked'(_gate, ada, client) {
    const { devices } = (await client.get('/auth/devices')).body
    assert.equal((await client.delete(`/auth/devices/${devices[0].id}`)).status, 204)
    return ada
  },
  async 'all were revoked'(_gate, ada, client) {
    assert.equal((await client.delete('/auth/devices')).status, 204)
    return ada
  },
  'a change of the password': change,
  async 'a change of the password and back'(gate, ada, client) {
    const changed = await change(gate, ada, client, '')
    const body = { currentPassword: newPassword, newPassword: ada.password }
    assert.equal((await client.post('/auth/password/change', body)).status, 200)
    return { ...changed, password: ada.password }
  },
  async 'a reset'(gate, ada) {
    const client = gate.client()
    await client.post('/auth/password/forgot', { email: ada.email })
    const body = { otp: await gate.code(ada), newPassword }
    assert.equal((await client.post('/auth/password/reset', body)).status, 200)
    return { ...ada, password: newPassword }
  },
  async 'a change of the address'(gate, ada, client) {
    const moved = { ...ada, email: 'moved@example.test' }
    await client.post('/auth/email/change', { newEmail: moved.email })
    const reply = await client.post('/auth/email/confirm', { otp: await gate.code(moved) })
    assert.equal(reply.status, 200)
    return moved
  },
  async 'the account was disabled and enabled again'(gate, ada) {
    await gate.disable(ada)
    await gate.enable(ada)
    return ada
  },
  async 'its time'(gate, ada, _client, secret) {
    gate.clock.advance('30d')
    gate.clock.advance(-1)
    assert.equal(await nextWith(gate, ada, secret), 'token')
    gate.clock.advance(1)
    return ada
  },
}

for (const engine of deployments) {
  describe(`A-FLOW-08: a trusted device, ${engine.name}`, { skip: engine.missing() }, () => {
    it('skips the code of its own account, and of no other', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
      const { secret } = await trust(gate, eve)

      assert.equal(await nextWith(gate, eve, secret), 'token')
      assert.equal(await nextWith(gate, ada, secret), 'verify-otp')
    })

    for (const [what, end] of Object.entries(endings)) {
      it(`asks for a code again after ${what}`, async (t) => {
        const gate = await openGate(t, { engine, quickPasswords: true })
        const ada = await gate.makeAccount()
        const { client, secret } = await trust(gate, ada)

        const now = await end(gate, ada, client, secret)

        assert.equal(await nextWith(gate, now, secret), 'verify-otp')
      })
    }
  })
}

describe('A-FLOW-08: the cookie', () => {
  it('is never enough without the password, and opens no session by itself', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const { secret } = await trust(gate, ada)
    const thief = gate.client()
    thief.cookies.set(name, secret)

    const login = await thief.post('/auth/login', { email: ada.email, password: 'not hers' })
    assertProblem(login, 401, 'invalid_credentials')
    assertProblem(await thief.post('/auth/token'), 401, 'session_missing')
    assertProblem(await thief.get('/auth/devices'), 401, 'session_missing')
    thief.cookies.set('sallyport.sid', secret)
    assertProblem(await thief.post('/auth/token'), 401, 'session_missing')
  })

  it('changed, empty or made up is none', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const { client, secret } = await trust(gate, ada)
    const { devices } = (await client.get('/auth/devices')).body
    const flipped = `${secret.slice(0, -2)}${secret.at(-2) === 'A' ? 'B' : 'A'}${secret.at(-1)}`

    for (const forged of [flipped, '', 'x', devices[0].id, 'A'.repeat(43), `${secret}A`]) {
      assert.equal(await nextWith(gate, ada, forged), 'verify-otp', forged)
    }
    assert.equal(await nextWith(gate, ada, secret), 'token')
  })

  it('makes no verification: what needs a recent code still asks for one (ASVS 7.5.1)', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const { client } = await trust(gate, ada)
    const reply = await client.post('/auth/login', { email: ada.email, password: ada.password })
    assert.equal(reply.body.next, 'token')

    assertProblem(await client.delete('/auth/account'), 403, 'reauth_required')
    assertProblem(await client.get('/auth/account/export'), 403, 'reauth_required')
    const newEmail = 'eve@example.test'
    assertProblem(await client.post('/auth/email/change', { newEmail }), 403, 'reauth_required')
    const token = await gate.accessToken(client)
    const { amr } = JSON.parse(Buffer.from(String(token.split('.')[1]), 'base64url').toString())
    assert.deepEqual(amr, ['pwd'])
  })

  it("of somebody else can't be named or ended (A-SESS-08)", async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const { client, secret } = await trust(gate, ada)
    const { devices } = (await client.get('/auth/devices')).body
    const eve = await gate.enter(await gate.makeAccount('eve@example.test'))

    assertProblem(await eve.delete(`/auth/devices/${devices[0].id}`), 404, 'not_found')
    assertProblem(await eve.post(`/auth/devices/${devices[0].id}`, { name: 'mine' }), 404, 'not_found')
    assert.equal((await eve.delete('/auth/devices')).status, 204)

    assert.equal(await nextWith(gate, ada, secret), 'token')
    assert.deepEqual((await eve.get('/auth/devices')).body, { devices: [] })
  })
})
