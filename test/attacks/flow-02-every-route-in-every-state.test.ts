/** A-FLOW-02: every route in every state of a session (ASVS 2.3.1). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const states = ['anonymous', 'pending', 'verified', 'ended'] as const
type State = (typeof states)[number]

const handle = 'ses_AAAAAAAAAAAAAAAAAAAAAA'

/** [method, path, body, then what each state is answered: anonymous, pending, verified, ended] */
const matrix: [string, string, unknown, [string, string, string, string]][] = [
  [
    'POST',
    '/auth/otp/resend',
    undefined,
    ['401 session_missing', '200', '409 otp_not_pending', '401 session_ended'],
  ],
  [
    'POST',
    '/auth/verify-otp',
    { otp: '000000' },
    ['401 session_missing', '401 otp_invalid', '409 otp_not_pending', '401 session_ended'],
  ],
  ['POST', '/auth/token', undefined, ['401 session_missing', '403 otp_required', '200', '401 session_ended']],
  [
    'GET',
    '/auth/sessions',
    undefined,
    ['401 session_missing', '403 otp_required', '200', '401 session_ended'],
  ],
  [
    'DELETE',
    '/auth/sessions',
    undefined,
    ['401 session_missing', '403 otp_required', '204', '401 session_ended'],
  ],
  [
    'DELETE',
    `/auth/sessions/${handle}`,
    undefined,
    ['401 session_missing', '403 otp_required', '404 not_found', '401 session_ended'],
  ],
  ['GET', '/auth/session', undefined, ['200', '200', '200', '200']],
  // The cookie opens nothing of what a token opens.
  ['GET', '/auth/protected', undefined, alike('403 bearer_missing')],
  ['GET', '/auth/check', undefined, alike('401 token_invalid')],
  ['POST', '/auth/refresh', { refreshToken: 'x' }, alike('401 refresh_invalid')],
  ['POST', '/auth/login', { email: 'nobody@example.test', password: 'x' }, alike('401 invalid_credentials')],
  ['POST', '/auth/logout', undefined, ['200', '200', '200', '200']],
]

function alike(answer: string): [string, string, string, string] {
  return [answer, answer, answer, answer]
}

async function inState(gate: TestGate, state: State): Promise<Client> {
  const account = await gate.makeAccount(`${state}@example.test`)
  if (state === 'anonymous') return gate.client()
  if (state === 'verified') return gate.enter(account)
  const client = await gate.logIn(account)
  if (state === 'ended') await client.clone().post('/auth/logout')
  else gate.clock.advance('31s')
  return client
}

describe('A-FLOW-02: the state matrix', () => {
  for (const [at, state] of states.entries()) {
    it(`of a session that is ${state}`, async (t) => {
      const gate = await openGate(t)
      const client = await inState(gate, state)
      for (const [method, path, body, answers] of matrix) {
        const reply = await client.clone().request(method, path, body === undefined ? {} : { body })
        const answer = [reply.status, reply.body.code].filter(Boolean).join(' ')
        assert.equal(`${method} ${path}: ${answer}`, `${method} ${path}: ${answers[at]}`)
      }
    })
  }
})
