/** examples/python-api/ beyond what test/interop asks of every verifier: what it tells its callers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pyjwt, startPythonApi } from '../interop/verifiers/pyjwt.ts'
import { createRunningClock } from '../support/clock.ts'
import { openGate } from '../support/gate.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'

describe('the Python API', { skip: pyjwt.missing?.() ?? false }, () => {
  it('answers as its README says', async (t) => {
    const gate = await openGate(t, { clock: createRunningClock() })
    const issuer = gate.publicUrl
    const api = await startPythonApi({ issuer, audience: issuer, algorithm: 'ES256' })
    t.after(api.close)
    const client = createClient(`http://127.0.0.1:${api.port}`)
    t.after(client.close)
    const ada = await gate.makeAccount()
    const bearer = await gate.accessToken(await gate.enter(ada))

    const missing = await client.get('/api/me')
    assert.deepEqual([missing.status, missing.headers['www-authenticate']], [401, 'Bearer'])
    const bad = await client.get('/api/me', { bearer: `${bearer.slice(0, -4)}AAAA` })
    assert.equal(bad.status, 401)
    assert.match(
      String(bad.headers['www-authenticate']),
      /^Bearer error="invalid_token", error_description="/,
    )
    const good = await client.get('/api/me', { bearer })
    assert.deepEqual([good.status, good.body], [200, { account: ada.id, amr: ['pwd', 'otp'] }])
    assert.equal((await client.get('/elsewhere')).status, 404)
  })

  it('is closed with 503 while the issuer is away', async (t) => {
    const issuer = `http://localhost:${await freePort()}`
    const api = await startPythonApi({ issuer, audience: issuer, algorithm: 'ES256' })
    t.after(api.close)
    const client = createClient(`http://127.0.0.1:${api.port}`)
    t.after(client.close)

    const header = Buffer.from('{"alg":"ES256","typ":"at+jwt","kid":"x"}').toString('base64url')
    const reply = await client.get('/api/me', { bearer: `${header}.e30.AAAA` })
    assert.deepEqual([reply.status, reply.headers['retry-after']], [503, '5'])
  })
})
