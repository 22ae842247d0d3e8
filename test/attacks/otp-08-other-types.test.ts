/** A-OTP-08: a code that is no text of digits. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-OTP-08: other types', () => {
  it('are 400 and charge nothing', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const code = await gate.code(ada)
    const wide = [...code].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join('')
    const arabic = [...code].map((digit) => String.fromCharCode(0x660 + Number(digit))).join('')
    const bodies: Record<string, unknown>[] = [
      { otp: Number(code) },
      { otp: [code] },
      { otp: { $ne: '' } },
      { otp: { toString: code } },
      { otp: null },
      { otp: true },
      { otp: '' },
      { otp: ` ${code}` },
      { otp: `${code} ` },
      { otp: `${code}\n` },
      { otp: `${code}\0` },
      { otp: `+${code}` },
      { otp: `-${code}` },
      { otp: `${code.slice(0, 3)} ${code.slice(3)}` },
      { otp: `${code}.0` },
      { otp: `0x${code}` },
      { otp: '1e5' },
      { otp: wide },
      { otp: arabic },
      { otp: `${code}${'0'.repeat(10)}` },
      { otp: `0${code}` },
      { otp: code.slice(1) },
      { code },
      { OTP: code },
      { 'otp ': code },
      {},
    ]
    for (const body of bodies) {
      const reply = await client.post('/auth/verify-otp', body)
      assertProblem(reply, 400, 'invalid_request')
    }
    for (const body of [[], [{ otp: code }], 'null', '"123456"', '123456']) {
      assertProblem(await client.post('/auth/verify-otp', body), 400, 'invalid_request')
    }

    const wrong = await client.post('/auth/verify-otp', { otp: code === '000000' ? '111111' : '000000' })
    assert.equal(assertProblem(wrong, 401, 'otp_invalid').attemptsLeft, 4)
    assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
  })

  it('a code of another length is no code: 400, and never a part of the right one', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const code = await gate.code(ada)

    for (const otp of [`0${code}`, `${code}0`, code.slice(1), code.slice(0, 4)]) {
      assertProblem(await client.post('/auth/verify-otp', { otp }), 400, 'invalid_request')
    }
    assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
  })

  it('of a duplicate key the last counts, and it is one try', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const code = await gate.code(ada)
    const wrong = code === '000000' ? '111111' : '000000'

    const refused = await client.post('/auth/verify-otp', `{"otp":"${code}","otp":"${wrong}"}`)
    assert.equal(assertProblem(refused, 401, 'otp_invalid').attemptsLeft, 4)
    const accepted = await client.post('/auth/verify-otp', `{"otp":"${wrong}","otp":"${code}"}`)
    assert.equal(accepted.status, 200)
  })
})
