/** A-CSRF-01: a page of another site posts with the victim's cookie. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

const crossSite: Record<string, string>[] = [
  { Origin: 'https://evil.test' },
  { Origin: 'null' },
  { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'http://localhost.evil.test' },
  { Origin: 'http://localhost:1' },
]

describe('A-CSRF-01: a cross-site post with the cookie', () => {
  it('changes nothing, whatever it claims to carry', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const { refreshToken } = await gate.bothTokens(client)
    const requests: [string, string, unknown][] = [
      ['POST', '/auth/token', { refresh: true }],
      ['POST', '/auth/token', undefined],
      ['POST', '/auth/refresh', { refreshToken }],
      ['POST', '/auth/logout', undefined],
      ['POST', '/auth/otp/resend', undefined],
      ['DELETE', '/auth/sessions', undefined],
      ['DELETE', '/auth/sessions/ses_AAAAAAAAAAAAAAAAAAAAAA', undefined],
    ]
    for (const headers of crossSite) {
      for (const [method, path, body] of requests) {
        const options = body === undefined ? { headers } : { headers, body }
        const reply = await client.request(method, path, options)
        assertProblem(reply, 403, 'cross_site_request')
        assert.deepEqual(reply.setCookies, [])
      }
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200)
  })

  it('as a form with text/plain, that looks like JSON, is refused without any header too', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const headers = { 'Content-Type': 'text/plain' }

    for (const path of ['/auth/token', '/auth/logout', '/auth/refresh', '/auth/verify-otp', '/auth/login']) {
      const reply = await client.post(path, '{"refresh":true,"x":"="}', { headers })
      assertProblem(reply, 415, 'unsupported_media_type')
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })

  it('our own pages, tools without those headers and listed origins are served', async (t) => {
    const gate = await openGate(t, { env: { CORS_ORIGINS: 'https://app.example.test' } })
    const client = await gate.enter(await gate.makeAccount())
    for (const headers of [
      {},
      { Origin: gate.publicUrl },
      { Origin: gate.publicUrl.replace('localhost', '127.0.0.1') },
      { Origin: 'https://app.example.test', 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
    ] as Record<string, string>[]) {
      const reply = await client.post('/auth/token', undefined, { headers })
      assert.equal(reply.status, 200, JSON.stringify(headers))
    }
  })

  it('in production 127.0.0.1 is another site than localhost', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const client = await gate.enter(await gate.makeAccount())
    const headers = { Origin: gate.publicUrl.replace('localhost', '127.0.0.1') }

    assertProblem(await client.post('/auth/token', undefined, { headers }), 403, 'cross_site_request')
  })
})
