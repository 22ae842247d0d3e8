/** A-ENUM-01: the login tells nobody which addresses have an account. (Its time is measured in bench/, not here.) */
import assert from 'node:assert/strict'
import { DatabaseSync, type SQLInputValue, StatementSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { deployments, postgres } from '../support/engines.ts'
import { openGate, type TestGate, wrongCode } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { startStatementProxy } from '../support/statement-proxy.ts'

/** One login for each reason to refuse it. */
async function refusedLogins(gate: TestGate): Promise<Record<string, { email: string; password: string }>> {
  const known = await gate.makeAccount('known@example.test')
  const disabled = await gate.makeAccount('gone@example.test')
  await gate.disable(disabled)
  const locked = await gate.makeAccount('locked@example.test')
  for (let n = 0; n < 10; n++) {
    const client = await gate.logIn(locked)
    await client.post('/auth/verify-otp', { otp: wrongCode(await gate.code(locked)) })
  }
  const password = 'not the password'
  return {
    unknown: { email: 'nobody@example.test', password },
    wrong: { email: known.email, password },
    disabled: { email: disabled.email, password: disabled.password },
    'disabled and wrong': { email: disabled.email, password },
    'locked and wrong': { email: locked.email, password },
  }
}

/** All that a caller sees, without what is random in every reply. */
function shape({ status, headers, body, setCookies }: Response) {
  const { date: _date, 'x-flow-id': _flow, 'content-length': length, ...rest } = headers
  const { instance: _instance, inspect: _inspect, ...text } = body
  return { status, length, headers: rest, text, setCookies }
}

for (const engine of deployments) {
  describe(`A-ENUM-01: the login, ${engine.name}`, { skip: engine.missing() }, () => {
    it('refuses all in the same words, headers and cookies', async (t) => {
      for (const limits of ['off', 'on']) {
        const gate = await openGate(t, { engine, quickPasswords: true, env: { RATE_LIMITS: limits } })
        const logins = await refusedLogins(gate)
        const shapes = []
        for (const [name, login] of Object.entries(logins)) {
          const client = gate.client({ localAddress: '127.0.0.77' })
          const { headers, ...rest } = shape(await client.post('/auth/login', login))
          const { ratelimit: _left, ...same } = headers
          shapes.push([name, { ...rest, headers: same }] as const)
        }
        const [[, first]] = shapes as [(typeof shapes)[number]]
        assert.equal(first.status, 401)
        for (const [name, each] of shapes) assert.deepEqual(each, first, name)
      }
    })

    it('mails nothing to anybody', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const logins = await refusedLogins(gate)
      const { email } = logins.wrong ?? { email: '' }
      for (const login of Object.values(logins)) await gate.client().post('/auth/login', login)

      assert.deepEqual(await gate.mailsTo({ email }), [])
      assert.deepEqual(await gate.mailsTo({ email: 'nobody@example.test' }), [])
      assert.deepEqual(await gate.mailsTo({ email: 'gone@example.test' }), [])
    })
  })
}

/** The least of some rounds: what runs in the background adds to single ones. */
async function leastOf(count: () => number, work: () => Promise<unknown>): Promise<number> {
  const counts: number[] = []
  for (let round = 0; round < 8; round++) {
    const before = count()
    await work()
    counts.push(count() - before)
  }
  return Math.min(...counts)
}

async function assertSameWork(gate: TestGate, count: () => number): Promise<void> {
  const counts: Record<string, number> = {}
  for (const [name, login] of Object.entries(await refusedLogins(gate))) {
    const client = gate.client()
    await client.post('/auth/login', login)
    counts[name] = await leastOf(count, () => client.post('/auth/login', login))
  }
  const { unknown } = counts
  assert.ok(unknown && unknown >= 3, JSON.stringify(counts))
  for (const [name, statements] of Object.entries(counts)) {
    assert.equal(statements, unknown, `${name}: ${JSON.stringify(counts)}`)
  }
}

describe('A-ENUM-01: the work of a refused login', () => {
  it('is the same number of statements, embedded', async (t) => {
    const gate = await openGate(t, { quickPasswords: true })
    await assertSameWork(gate, countSqlite(t))
  })

  it('is the same number of statements, postgres', { skip: postgres.missing() }, async (t) => {
    const store = await postgres.open()
    const proxy = await startStatementProxy(store.env.DATABASE_URL ?? '')
    const env = { DATABASE_URL: proxy.url }
    const gate = await openGate(undefined, {
      engine: { ...postgres, open: async () => ({ ...store, env, cleanUp: async () => {} }) },
      quickPasswords: true,
    })
    t.after(async () => {
      await gate.close()
      await proxy.close()
      await store.cleanUp()
    })
    await assertSameWork(gate, proxy.statements)
  })

  it('is one password hash, whatever the address', async (t) => {
    const gate = await openGate(t, { quickPasswords: true })
    const { passwords } = gate.sallyport().inside.gate
    const hashes: string[] = []
    const counted = {
      hash: passwords.hash,
      verify: (stored: string, password: string) => {
        hashes.push('verify')
        return passwords.verify(stored, password)
      },
      verifyNothing: (password: string) => {
        hashes.push('verifyNothing')
        return passwords.verifyNothing(password)
      },
    }
    const logins = await refusedLogins(gate)
    Object.assign(gate.sallyport().inside.gate, { passwords: counted })

    for (const [name, login] of Object.entries(logins)) {
      hashes.length = 0
      await gate.client().post('/auth/login', login)
      assert.deepEqual(hashes, [name === 'unknown' ? 'verifyNothing' : 'verify'], name)
    }
  })
})

function countSqlite(t: TestContext): () => number {
  let statements = 0
  const { all } = StatementSync.prototype
  const { exec } = DatabaseSync.prototype
  t.mock.method(StatementSync.prototype, 'all', function (this: StatementSync, ...values: SQLInputValue[]) {
    statements++
    return Reflect.apply(all, this, values)
  })
  t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
    statements++
    return exec.call(this, sql)
  })
  return () => statements
}
