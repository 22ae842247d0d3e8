/** A-PW-06: no path takes a password that another one refuses (ASVS 6.1.2, 6.2.4, 6.2.11, 6.2.12). */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { endWithThisProcess, temporaryDirectory } from '../support/child-processes.ts'
import { memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'

/** For horse.lover@stables.test at Sallyport. */
const email = 'horse.lover@stables.test'
const refused: Record<string, string> = {
  too_short: 'x7#kQ2!',
  too_long: 'a long walk by the river '.repeat(11),
  too_simple: 'aaaaaaaaaaaa',
  too_common: 'password123',
  contains_address: 'horse.lover1',
  contains_context: 'sallyport2026',
}
const accepted = 'seven boats in the rain'

type Ask = (password: string) => Promise<{ status: number; reason?: string }>

/** Each way to a new password, ready for a first try. */
const paths: Record<string, (gate: TestGate) => Promise<Ask>> = {
  async register(gate) {
    const client = gate.client()
    return async (password) => read(await client.post('/auth/register', { email, password }))
  },
  async change(gate) {
    const account = await gate.makeAccount(email)
    const client = await gate.enter(account)
    return async (newPassword) =>
      read(await client.post('/auth/password/change', { currentPassword: account.password, newPassword }))
  },
  async reset(gate) {
    const account = await gate.makeAccount(email)
    const client = gate.client()
    await client.post('/auth/password/forgot', { email })
    const otp = await gate.code(account)
    return async (newPassword) => read(await client.post('/auth/password/reset', { otp, newPassword }))
  },
}

function read(reply: Parameters<typeof assertProblem>[0]) {
  if (reply.status === 200) return { status: 200 }
  return { status: 422, reason: assertProblem(reply, 422, 'password_rejected').reason as string }
}

for (const [path, open] of Object.entries(paths)) {
  describe(`A-PW-06: the policy at ${path}`, () => {
    it('refuses what is short, long, simple, common, or made of the address or the service', async (t) => {
      const gate = await openGate(t, { engine: memory, quickPasswords: true })
      const ask = await open(gate)
      for (const [reason, password] of Object.entries(refused)) {
        assert.deepEqual(await ask(password), { status: 422, reason }, password)
      }
      assert.deepEqual(await ask(accepted), { status: 200 })
    })

    it('refuses what was published in a breach, and decides alone where the list does not answer', async (t) => {
      const breaches = t.mock.method(globalThis, 'fetch', async () => {
        throw new TypeError('the list is away')
      })
      const gate = await openGate(t, {
        engine: memory,
        quickPasswords: true,
        env: { BREACHED_PASSWORDS: 'on' },
      })
      const ask = await open(gate)
      assert.deepEqual(await ask(refused.too_common as string), { status: 422, reason: 'too_common' })
      assert.deepEqual(await ask(accepted), { status: 200 })
      assert.ok(breaches.mock.callCount() >= 1)
    })
  })
}

describe('A-PW-06: sallyport user create', () => {
  for (const [reason, password] of Object.entries(refused)) {
    it(`refuses what is ${reason}`, async () => {
      const run = await createUser(password)
      assert.notEqual(run.code, 0, run.stdout + run.stderr)
      assert.equal(run.stdout, '')
    })
  }

  it('takes what the policy takes, and what it generates itself', async () => {
    assert.equal((await createUser(accepted)).code, 0)
    const generated = await createUser(undefined)
    assert.equal(generated.code, 0)
    assert.match(generated.stdout, /\S{20,}/)
  })
})

async function createUser(password: string | undefined) {
  const cwd = temporaryDirectory('cli-policy')
  writeFileSync(join(cwd, '.env'), 'SESSION_SECRET=k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2\n')
  const program = join(import.meta.dirname, '../../bin/sallyport.js')
  const { PATH = '', HOME = '' } = process.env
  const given = password === undefined ? [] : ['--password-stdin']
  const child = spawn(process.execPath, [program, 'user', 'create', email, ...given], {
    cwd,
    env: { PATH, HOME },
  })
  endWithThisProcess(child)
  child.stdin.on('error', () => {})
  child.stdin.end(password ?? '')
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}
