/** A-OTP-09: the code stands somewhere else than in the mail. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate, wrongCode } from '../support/gate.ts'

describe('A-OTP-09: the code in the open', () => {
  it('is in no reply, header, log line, audit entry or row of the store', async (t) => {
    // Nine digits don't come about by chance in ids and times.
    const gate = await openGate(t, { mode: 'production', env: { OTP_LENGTH: '9', LOG_LEVEL: 'trace' } })
    const ada = await gate.makeAccount()
    const client = gate.client()
    const replies = [await client.post('/auth/login', { email: ada.email, password: ada.password })]
    const otp = await gate.code(ada)
    gate.clock.advance('1m')
    replies.push(await client.post('/auth/otp/resend'))
    replies.push(await client.post('/auth/verify-otp', { otp: wrongCode(otp) }))
    replies.push(await client.post('/auth/verify-otp', { otp: [otp] }))
    replies.push(await client.post('/auth/verify-otp', `{"otp":"${otp}"`))
    replies.push(await client.get(`/auth/verify-otp?otp=${otp}`))
    replies.push(await client.post('/auth/verify-otp', { otp }))
    replies.push(await client.post('/auth/verify-otp', { otp }))
    replies.push(await client.get('/auth/sessions'))
    replies.push(await client.get('/auth/session'))

    const stores = gate.sallyport().inside.gate.stores
    const tables = ['accounts', 'challenges', 'sessions', 'mail_outbox', 'audit_events', 'singletons']
    const rows = await Promise.all(tables.map((table) => stores.database.read(`select * from ${table}`)))
    const places = {
      replies: JSON.stringify(replies.map(({ body, headers }) => ({ body, headers }))),
      log: gate.lines.join('\n'),
      store: JSON.stringify(rows),
    }
    assert.ok(gate.lines.length > 5)
    assert.ok((rows[4] ?? []).length > 4, 'the audit trail has entries')
    for (const [name, text] of Object.entries(places)) assert.equal(text.includes(otp), false, name)
  })

  it('is only in the subject and text of the mail, of which no address is in the link of anything', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount()
    await gate.logIn(ada)

    assert.deepEqual(await gate.mailsTo(ada), [`${await gate.code(ada)} is your Sallyport code`])
  })
})
