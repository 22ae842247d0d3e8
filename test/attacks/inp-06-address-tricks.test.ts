/** A-INP-06: e-mail addresses that one part of a system reads as one mailbox and another part as another. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

const tricks = [
  'ada@example.test,eve@evil.test',
  'ada@example.test eve@evil.test',
  'ada@example.test;eve@evil.test',
  '"ada@example.test"@evil.test',
  '"ada"@example.test',
  'ada@example.test%00',
  'ada@example.test\u0000@evil.test',
  'ada@example.test\r\nBcc: eve@evil.test',
  'ada＠example.test',
  'ad\u0430@example.test',
  'ada@example\u3002test',
  'ada@e\u212Aample.test',
  'ada@ex\u0131ample.test',
  'ada@example.test.',
  'ada(comment)@example.test',
  'ada@(comment)example.test',
  'Ada <ada@example.test>',
  'ada@[127.0.0.1]',
  ' ada@example.test',
  'ada@example.test ',
  'a.da@example.test',
  'ada+x@example.test',
  '\\u0061da@example.test',
  'ada%40example.test',
]

describe('A-INP-06: address tricks', () => {
  it('none is the account, and none gets a mail', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount('ada@example.test')
    for (const email of tricks) {
      const { status } = await gate.client().post('/auth/login', { email, password: ada.password })
      assert.ok([400, 401].includes(status), `${JSON.stringify(email)}: ${status}`)
    }
    for (const email of ['ada@example.test', 'eve@evil.test']) {
      assert.deepEqual(await gate.mailsTo({ email }), [])
    }
  })

  it('the mail goes to the address that is stored, whatever case was typed', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount('ada@example.test')
    const reply = await gate
      .client()
      .post('/auth/login', { email: 'ADA@EXAMPLE.test', password: ada.password })
    assert.equal(reply.status, 200)
    assert.equal((await gate.mailsTo({ email: 'ada@example.test' })).length, 1)
    assert.deepEqual(await gate.mailsTo({ email: 'ADA@EXAMPLE.test' }), [])
  })

  it('a domain in letters and in punycode is one account', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount('ada@bücher.example', 'the password of Ada')
    for (const email of ['ada@bücher.example', 'ada@xn--bcher-kva.example', 'ADA@XN--BCHER-KVA.example']) {
      const reply = await gate.client().post('/auth/login', { email, password: ada.password })
      assert.equal(reply.status, 200, email)
    }
    await assert.rejects(gate.makeAccount('ada@xn--bcher-kva.example'), /exists already/)
  })
})
