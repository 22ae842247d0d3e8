/** A-INP-02: bodies of every kind but the right one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openGate } from '../support/gate.ts'

const paths = [
  '/auth/login',
  '/auth/otp/resend',
  '/auth/verify-otp',
  '/auth/token',
  '/auth/refresh',
  '/auth/logout',
]

describe('A-INP-02: odd bodies', () => {
  it('of any JSON are answered, and never by a fault', async (t) => {
    const gate = await openGate(t, { quickPasswords: true })
    const ada = await gate.makeAccount()
    const clients = [gate.client(), await gate.logIn(ada), await gate.enter(ada)]
    const field = fc.constantFrom('email', 'password', 'otp', 'method', 'refresh', 'refreshToken', 'x')
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.string({ unit: 'binary' }),
      fc.constant(ada.email),
    )
    const body = fc.oneof(fc.jsonValue(), fc.dictionary(field, value))
    const served = fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.constantFrom(...clients),
      body,
      async (path, client, json) => {
        const { status } = await client.clone().post(path, JSON.stringify(json))
        assert.ok(status < 500, `${path} ${status}`)
      },
    )
    await fc.assert(served, { numRuns: 400 })
    assert.equal(gate.lines.filter((line) => line.includes('internal')).length, 0)
  })

  it('that are no JSON, or not UTF-8, are 400', async (t) => {
    const gate = await openGate(t)
    const utf16 = Buffer.from('{"email":"a@b.test","password":"x"}', 'utf16le')
    const bodies: (string | Buffer)[] = [
      '{',
      '}',
      '{"email":}',
      "{'email':'a'}",
      '{"email":"a@b.test","password":"x"',
      '{"email":"a@b.test","password":"x"}}',
      '{"email":"a@b.test","password":"x"}{}',
      '{"email":"a@b.test",}',
      '{"email":NaN}',
      '{"email":Infinity}',
      '{"email":undefined}',
      '{"email":0x1}',
      '{"email":01}',
      '// {}',
      'undefined',
      '\u0000',
      '<?xml version="1.0"?><email/>',
      'email=a%40b.test&password=x',
      utf16,
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from('{"email":"\xc3\x28","password":"x"}', 'latin1'),
    ]
    for (const body of bodies) {
      const { status } = await gate.client().post('/auth/login', body)
      assert.equal(status, 400, body.toString())
    }
  })

  it('with huge numbers, lone surrogates, nulls and a byte order mark are answered', async (t) => {
    const gate = await openGate(t)
    const bodies = [
      '{"email":1e400,"password":-1e400}',
      '{"email":99999999999999999999999999,"password":"x"}',
      '{"email":"a@b.test","password":"\\ud800"}',
      '{"email":"\\ud800@b.test","password":"x"}',
      '{"email":"a\\u0000@b.test","password":"\\u0000"}',
      '\ufeff{"email":"a@b.test","password":"x"}',
      '{"email":"a@b.test","email":"c@d.test","password":"x","password":"y"}',
      '{"email":["a@b.test"],"password":["x"]}',
      `{"email":"${'a'.repeat(255)}@b.test","password":"x"}`,
      `{"email":"a@b.test","password":"${'x'.repeat(1_025)}"}`,
      '{"email":"","password":""}',
    ]
    for (const body of bodies) {
      const { status } = await gate.client().post('/auth/login', body)
      assert.ok([400, 401].includes(status), `${body.slice(0, 60)}: ${status}`)
    }
  })

  it('a password with a lone surrogate is not the one with U+FFFD', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount('ada@example.test', 'secret \ufffd word')

    const reply = await gate
      .client()
      .post('/auth/login', `{"email":"${ada.email}","password":"secret \\ud800 word"}`)

    assert.equal(reply.status, 401)
  })
})
