/** What can be done with the feed of revocations by those who hold no token: nothing. And with it in place of a token: nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memory } from '../support/engines.ts'
import { readFeed } from '../support/feed.ts'
import { assertProblem, claimsOf, openGate, type TestGate } from '../support/gate.ts'
import { serviceOf, withServices } from '../support/services-of-clients.ts'
import { algorithms, openForge } from './forge.ts'

describe('the feed', () => {
  it('names nobody: no session, account, address, device or token is in it', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { accessToken, refreshToken } = await gate.bothTokens(client)
    const { sid, jti } = claimsOf(accessToken)
    await client.post('/auth/logout')
    gate.clock.advance(250)

    const { reply, ...statement } = await readFeed(gate.client())

    const said = JSON.stringify(statement) + Buffer.from(reply.body.split('.')[1], 'base64url').toString()
    assert.equal(statement.ended.length, 1)
    assert.match(statement.ended[0] ?? '', /^[\w-]{16}$/)
    for (const word of [sid, sid.slice(4), jti, ada.id, ada.email, accessToken, refreshToken, '127.0.0.1'])
      assert.equal(said.includes(word), false, word)
    assert.deepEqual(Object.keys(statement).sort(), [
      'aud',
      'ended',
      'exp',
      'iat',
      'iss',
      'jwks',
      'keys',
      'more',
      'next',
      'now',
      'since',
      'source',
    ])
  })

  for (const algorithm of algorithms)
    it(`is no access token, and none can be made a statement of, on ${algorithm}`, async (t) => {
      const forge = await openForge(t, algorithm, { env: withServices })
      const { body: statement } = await forge.gate.client().get('/auth/revocations')

      assertProblem(await forge.ask(statement), 401, 'token_invalid')
      assert.deepEqual((await serviceOf(forge.gate).introspect(statement)).body, { active: false })
      assert.equal(statementTyp(statement), 'revocations+jwt')
      // The signed part begins with the type: an access token has another, and can't be told to be a statement.
      assert.equal(statementTyp(forge.token), 'at+jwt')
      // Not even with all claims of an access token, as long as the type says statement.
      assertProblem(await forge.ask(forge.resign({ typ: 'revocations+jwt' })), 401, 'token_invalid')
      assert.equal((await forge.ask(forge.token)).status, 200)
    })

  it('costs little however many cursors are made up', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const asked = countQuestions(gate)
    const { since } = gate.sallyport().inside.web.revocations
    const now = gate.clock.now()
    await readFeed(gate.client())
    collect()
    const before = process.memoryUsage().heapUsed
    const startedAt = performance.now()

    // Every one another: of the past, the window and the future.
    for (let index = 0; index < 100_000; index += 1_000)
      await Promise.all(Array.from({ length: 1_000 }, (_, each) => since(now - 600_000 + 8 * (index + each))))

    const quarters = Math.ceil((performance.now() - startedAt) / 250) + 1
    // Steps of ten seconds for two minutes, of a minute before.
    assert.ok(asked() <= quarters * 20, `${asked()} questions in ${quarters} quarters of a second`)
    collect()
    const grown = process.memoryUsage().heapUsed - before
    assert.ok(grown < 5_000_000, `${grown} bytes`)
  })

  it('answers all who ask at once with one question to the store', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const asked = countQuestions(gate)
    const { since } = gate.sallyport().inside.web.revocations

    const statements = await Promise.all(Array.from({ length: 200 }, () => since(undefined)))

    assert.equal(asked(), 1)
    assert.equal(new Set(statements).size, 1)
  })
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Of the feed to the store, from now on. */
function countQuestions(gate: TestGate): () => number {
  const { revocations } = gate.sallyport().inside.gate.stores.read
  const { endedSince } = revocations
  let asked = 0
  revocations.endedSince = (...question) => {
    asked += 1
    return endedSince(...question)
  }
  return () => asked
}

function statementTyp(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).typ
}
