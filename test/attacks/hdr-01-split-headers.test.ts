/** A-HDR-01: line ends in what a client sends, to get a header, a log line or a mail of his own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'
import { sendRaw } from '../support/race.ts'

const evil = 'x\r\nSet-Cookie: evil=1\r\nX-Evil: 1'

describe('A-HDR-01: line ends', () => {
  it('in body fields and paths split no header', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const encoded = encodeURIComponent(evil)
    const replies = [
      await client.post('/auth/login', { email: evil, password: evil }),
      await client.post('/auth/login', { email: `ada@example.test${evil}`, password: ada.password }),
      await client.post('/auth/verify-otp', { otp: evil }),
      await client.post('/auth/refresh', { refreshToken: evil }),
      await client.get(`/problems/${encoded}`),
      await client.get(`/auth/session?x=${encoded}`),
      await client.get(`/${encoded}`),
      await client.get('/auth/protected', { headers: { Authorization: `Bearer ${encoded}` } }),
      await client.get('/auth/session', { headers: { 'X-Flow-Id': encoded } }),
      await client.get('/auth/session', { headers: { Origin: encoded } }),
      await client.get('/auth/session', { headers: { 'User-Agent': encoded } }),
      await client.delete(`/auth/sessions/${encoded}`),
    ]
    for (const { headers, setCookies, status } of replies) {
      assert.ok(status < 500)
      assert.equal(headers['x-evil'], undefined)
      assert.deepEqual(setCookies, [])
      assert.equal(JSON.stringify(headers).includes('evil'), false)
    }
  })

  it('in a flow id that the client sends are not echoed: it is another one', async (t) => {
    const gate = await openGate(t)
    for (const value of ['7Q2M-K4XD\tx', '7q2m-k4xd', '7Q2M-K4XD7Q2M', '<script>', 'ILOU-ILOU', ' ']) {
      const request = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Flow-Id: ${value}\r\nConnection: close\r\n\r\n`
      const { headers } = await sendRaw(request, gate.port)
      assert.match(headers['x-flow-id'] ?? '', /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
      assert.notEqual(headers['x-flow-id'], value)
    }
  })

  it('or escape codes of the client make no line of the log', async (t) => {
    const gate = await openGate(t)
    const { length } = gate.lines
    const forged = '\n12:00:00  login.accepted  acc_forged\u001b[2K'
    const client = gate.client()
    await client.post('/auth/login', { email: `a${forged}@example.test`, password: forged })
    await client.get(`/${encodeURIComponent(forged)}`)
    await client.get(`/problems/${encodeURIComponent(forged)}`)
    await client.get('/auth/session', { headers: { 'User-Agent': encodeURIComponent(forged) } })

    const written = gate.lines.slice(length).join('\n')
    assert.ok(written.length > 0)
    assert.equal(written.includes('acc_forged'), false)
    assert.equal(written.includes('\u001b'), false)
  })
})
