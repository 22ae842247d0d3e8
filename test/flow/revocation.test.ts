/** POST /auth/revoke (RFC 7009): a service ends the session of a token, with all that hangs on it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memory } from '../support/engines.ts'
import { digestOf, readFeed } from '../support/feed.ts'
import { assertProblem, claimsOf, openGate, type TestGate } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { serviceOf, withServices } from '../support/services-of-clients.ts'

const open = (t: Parameters<typeof openGate>[0]) => openGate(t, { engine: memory, env: withServices })

async function enter(gate: TestGate) {
  const ada = await gate.makeAccount()
  const client = await gate.enter(ada)
  const tokens = await gate.bothTokens(client)
  return { ada, client, ...tokens, sid: claimsOf(tokens.accessToken).sid as string }
}

function assertEmpty({ status, headers, body }: Response): void {
  assert.deepEqual([status, body, headers['content-length']], [200, '', '0'])
  assert.equal(headers['cache-control'], 'no-store')
}

async function assertOver(
  gate: TestGate,
  { client, accessToken, refreshToken }: Awaited<ReturnType<typeof enter>>,
) {
  assertProblem(await gate.client().get('/auth/protected', { bearer: accessToken }), 401, 'token_invalid')
  assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
  const { reason, endedFrom } = assertProblem(await client.post('/auth/token'), 401, 'session_ended')
  assert.deepEqual([reason, endedFrom], ['revoked', 'orders'])
}

describe('revocation', () => {
  for (const which of ['accessToken', 'refreshToken'] as const)
    it(`by the ${which} ends the session, both tokens and the cookie, and is told`, async (t) => {
      const gate = await open(t)
      const known = await enter(gate)
      const grace = await gate.enter(await gate.makeAccount('grace@example.test'))
      // The server knows that it is alive.
      assert.equal((await gate.client().get('/auth/protected', { bearer: known.accessToken })).status, 200)

      assertEmpty(await serviceOf(gate).revoke(known[which]))

      await assertOver(gate, known)
      gate.clock.advance(250)
      assert.deepEqual((await readFeed(gate.client())).ended, [digestOf(known.sid)])
      const trail = await gate.sallyport().inside.gate.stores.read.audit.listOf(known.ada.id, 1)
      assert.deepEqual(
        trail.map(({ type, sessionId, detail }) => ({ type, sessionId, detail })),
        [{ type: 'session.ended', sessionId: known.sid, detail: { because: 'revoked', client: 'orders' } }],
      )
      assert.equal((await grace.post('/auth/token')).status, 200)
    })

  it('done again, and of what is no token of ours, is done', async (t) => {
    const gate = await open(t)
    const { accessToken, refreshToken, ada } = await enter(gate)
    const service = serviceOf(gate)
    await service.revoke(accessToken)

    const before = (await gate.sallyport().inside.gate.stores.read.audit.listOf(ada.id, 100)).length
    for (const token of [
      accessToken,
      refreshToken,
      'x',
      `${accessToken}x`,
      `srt_${'A'.repeat(70)}`,
      'x'.repeat(9_000),
    ])
      assertEmpty(await service.revoke(token))
    const after = (await gate.sallyport().inside.gate.stores.read.audit.listOf(ada.id, 100)).length
    assert.equal(after, before)
  })

  it('of an access token that has expired leaves the session alone', async (t) => {
    const gate = await open(t)
    const { client, accessToken } = await enter(gate)
    gate.clock.advance('6m')

    assertEmpty(await serviceOf(gate).revoke(accessToken))

    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('of an old refresh token of a living family ends it, and raises no alarm of reuse', async (t) => {
    const gate = await open(t)
    const known = await enter(gate)
    const renewed = await gate.client().post('/auth/refresh', { refreshToken: known.refreshToken })
    gate.clock.advance('10m')

    assertEmpty(await serviceOf(gate).revoke(known.refreshToken, { token_type_hint: 'access_token' }))

    const { refreshToken, accessToken } = renewed.body
    await assertOver(gate, { ...known, refreshToken, accessToken: await expired(gate, accessToken) })
    const trail = await gate.sallyport().inside.gate.stores.read.audit.listOf(known.ada.id, 100)
    assert.equal(
      trail.some(({ type }) => type === 'refresh.reused'),
      false,
    )
    assert.deepEqual(
      (await gate.mailsTo(known.ada)).filter((subject) => /refresh|copied/i.test(subject)),
      [],
    )
  })

  it('takes the word of no one but a service', async (t) => {
    const gate = await open(t)
    const { client, accessToken } = await enter(gate)

    assertProblem(await serviceOf(gate, 'orders', 'x').revoke(accessToken), 401, 'client_invalid')
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    // Neither the cookie nor the token itself is a service.
    const withCookie = await client.post('/auth/revoke', `token=${accessToken}`, { headers })
    assertProblem(withCookie, 401, 'client_invalid')
    const byItself = await gate
      .client()
      .post('/auth/revoke', `token=${accessToken}`, { headers, bearer: accessToken })
    assertProblem(byItself, 401, 'client_invalid')

    assert.equal((await gate.client().get('/auth/protected', { bearer: accessToken })).status, 200)
  })
})

/** The one of before has run out on the way. */
async function expired(gate: TestGate, accessToken: string): Promise<string> {
  const reply = await gate.client().get('/auth/protected', { bearer: accessToken })
  assertProblem(reply, 401, 'token_expired')
  return 'x.y.z'
}
