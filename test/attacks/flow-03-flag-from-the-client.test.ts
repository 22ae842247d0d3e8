/** A-FLOW-03: the client says that it is verified. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

const claims = {
  verified: true,
  stage: 'verified',
  state: { stage: 'verified' },
  session: { stage: 'verified' },
  amr: ['pwd', 'otp'],
  otpVerified: true,
  attemptsLeft: 99,
  accountId: 'acc_AAAAAAAAAAAAAAAAAAAAAA',
  trustDevice: true,
}

describe('A-FLOW-03: a flag from the client', () => {
  it('is ignored in body, cookie, header and query', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    const headers = {
      'X-Verified': 'true',
      'X-Auth-Amr': 'pwd otp',
      'X-Auth-Sub': ada.id,
      'X-Session-Stage': 'verified',
    }
    client.cookies.set('verified', 'true')
    client.cookies.set('stage', 'verified')
    client.cookies.set('sallyport.device', 'trusted')

    await client.post('/auth/login?verified=true', { ...ada, ...claims }, { headers })
    assert.equal((await client.get('/auth/session?stage=verified', { headers })).body.stage, 'otp_pending')
    const wrong = { ...claims, otp: (await gate.code(ada)) === '000000' ? '111111' : '000000' }
    const verify = await client.post('/auth/verify-otp', wrong, { headers })
    assert.equal(assertProblem(verify, 401, 'otp_invalid').attemptsLeft, 4)
    const token = await client.post('/auth/token?verified=1', { ...claims, refresh: true }, { headers })
    assertProblem(token, 403, 'otp_required')
  })

  it('does not reach the token', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)

    const { accessToken } = (
      await client.post('/auth/token', { ...claims, sub: 'acc_x', amr: ['hwk'], exp: 9e9, aud: 'x' })
    ).body

    const payload = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString())
    assert.equal(payload.sub, ada.id)
    assert.deepEqual(payload.amr, ['pwd', 'otp'])
    assert.equal(payload.exp - payload.iat, 300)
    assert.equal(payload.aud, gate.publicUrl)
  })
})
