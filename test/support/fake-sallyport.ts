/** As little of a server as a command needs to log in and to renew, with what a test makes wrong. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a token endpoint answers. */
export const token = { accessToken: 'an.access.token', tokenType: 'Bearer', expiresIn: 300 }

type Fake = Record<string, () => [number, Record<string, unknown>]>

/** Gives its address. */
export async function startFake(t: { after(done: () => void): void }, faults: Fake): Promise<string> {
  const code = { to: 'test@test.com', subject: '123456 is your code', code: '123456', sentAt: '' }
  let sent = 0
  const answers: Fake = {
    'GET /_dev/inbox': () => [200, { mails: [] }],
    'GET /_dev/inbox/latest': () => [200, { ...code, sentAt: String(sent++) }],
    'POST /auth/login': () => [200, { message: 'OTP sent', sessionId: 'ses_1', next: 'verify-otp' }],
    'POST /auth/verify-otp': () => [200, { next: 'token' }],
    'POST /auth/token': () => [200, { ...token, refreshToken: 'srt_first', refreshExpiresIn: 99 }],
    'POST /auth/refresh': () => [200, { ...token, refreshToken: 'srt_next', refreshExpiresIn: 99 }],
    'GET /auth/session': () => [200, { stage: 'verified' }],
    'GET /auth/protected': () => [200, {}],
    'POST /auth/logout': () => [200, { message: 'Logged out' }],
    ...faults,
  }
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    req.resume()
    const [status, body] = answers[`${req.method} ${req.url?.split('?')[0]}`]?.() ?? [404, {}]
    res.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' })
    res.end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
