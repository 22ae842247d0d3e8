/** A-FLOW-02: every route in every stage of a session, against the table that docs/state-matrix.md shows (ASVS 2.3.1). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type MatrixRow, type Stage, stages, stateMatrix } from '../../scripts/write-docs-state-matrix.ts'
import { memory } from '../support/engines.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const password = 'seven horses in the rain'

/** A client in that stage, with an account of its own where it needs one. */
async function inStage(gate: TestGate, stage: Stage, number: number): Promise<Client> {
  const email = `user${number}@example.test`
  const client = gate.client()
  switch (stage) {
    case 'anonymous':
      return client
    case 'registration':
      await client.post('/auth/register', { email, password })
      break
    case 'reset':
      await gate.makeAccount(email)
      await client.post('/auth/password/forgot', { email })
      break
    case 'login':
      await gate.logIn(await gate.makeAccount(email), client)
      break
    case 'fresh':
      await gate.enter(await gate.makeAccount(email), client)
      break
    case 'stale':
    case 'step-up':
      await gate.enter(await gate.makeAccount(email), client)
      gate.clock.advance('11m')
      if (stage === 'step-up') await client.post('/auth/step-up')
      break
    case 'e-mail':
      await gate.enter(await gate.makeAccount(email), client)
      await client.post('/auth/email/change', { newEmail: `new-${email}` })
      break
    case 'ended': {
      await gate.enter(await gate.makeAccount(email), client)
      await client.clone().post('/auth/logout')
    }
  }
  // A resend is due.
  gate.clock.advance('31s')
  return client
}

async function answerOf(client: Client, { method, path, id = '', body }: MatrixRow): Promise<string> {
  const reply = await client.request(method, path.replace(':id', id), body === undefined ? {} : { body })
  return [reply.status, reply.body.code].filter(Boolean).join(' ')
}

describe('A-FLOW-02: the state matrix', () => {
  for (const stage of Object.keys(stages) as Stage[]) {
    it(`of a session in the stage "${stage}"`, async (t) => {
      const gate = await openGate(t, { engine: memory, quickPasswords: true })
      const seen: Record<string, string> = {}
      const expected: Record<string, string> = {}

      // A session for each route: some of them end it.
      for (const [number, row] of stateMatrix.entries()) {
        const name = `${row.method} ${row.path}`
        seen[name] = await answerOf(await inStage(gate, stage, number), row)
        expected[name] = row.answers[stage]
      }

      assert.deepEqual(seen, expected)
    })
  }

  it('has a row for every route that has to do with sessions', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const { paths } = (await gate.client().get('/openapi.json')).body as {
      paths: Record<string, Record<string, unknown>>
    }
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    assert.deepEqual(
      stateMatrix.map(({ method, path }) => `${method} ${path}`).sort(),
      described.filter((name) => name.includes(' /auth/')).sort(),
    )
  })

  it('lets a wrong order change nothing: what was refused can be done rightly after it', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const refused = stateMatrix.filter(({ answers }) => /^4\d\d/.test(answers.login))
    for (const row of refused) await answerOf(client, row)

    // One of them was a wrong code.
    assert.equal((await gate.verify(ada, client)).status, 200)
    assert.equal((await client.post('/auth/token')).status, 200)
  })
})
