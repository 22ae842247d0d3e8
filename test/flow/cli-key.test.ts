/** `sallyport key`, beside no server: what it says, and its exit codes (UX-09). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { installation, runCommand } from '../support/command-line.ts'

const secret = 'SESSION_SECRET=q7Wm2-Zx9Lc4VbNt8HyRk3PsDf6JgUa0'

function open(lines: string[] = []) {
  const cwd = installation([secret, ...lines])
  const run = (...args: string[]) => runCommand(['key', ...args], { cwd })
  return {
    run,
    async json(...args: string[]) {
      const { code, stdout, stderr } = await run(...args, '--json')
      assert.equal(code, 0, stderr)
      return JSON.parse(stdout)
    },
  }
}

describe('key rotate --lead', () => {
  it('publishes the key for so long before it signs', async () => {
    const { json, run } = open()
    const { activeAt } = await json('rotate', '--lead', '2h')
    assert.ok(Math.abs(Date.parse(activeAt) - Date.now() - 7_200_000) < 60_000)
    for (const wrong of ['soon', '5m', '25h']) {
      const refused = await run('rotate', '--lead', wrong)
      assert.deepEqual([refused.code, refused.stdout], [2, ''])
      assert.match(refused.stderr, /from 15m/)
    }
  })
})

describe('key revoke', () => {
  it('asks first, and off a terminal says what to write', async () => {
    const { run } = open()
    const refused = await run('revoke', 'some-kid')
    assert.deepEqual([refused.code, refused.stdout], [2, ''])
    assert.match(refused.stderr, /sallyport key revoke some-kid --yes/)
  })

  it('of the only key makes another, which signs', async () => {
    const { run, json } = open()
    const { kid: pending } = await json('rotate')
    const [first] = (await json('list')).keys
    const revoked = await run('revoke', first.kid, '--yes')
    assert.deepEqual([revoked.code, revoked.stdout], [0, `${pending}\n`])
    assert.match(revoked.stderr, new RegExp(`^Revoked: ${first.kid}\\. .*sessions go on\\.\n$`))

    const last = await json('revoke', pending, '--yes')
    assert.deepEqual([last.changed, last.added], [true, true])
    const { keys } = await json('list')
    assert.deepEqual(
      keys.map(({ kid, state }: { kid: string; state: string }) => `${state} ${kid}`),
      [`revoked ${first.kid}`, `revoked ${pending}`, `active ${last.signs}`],
    )
    assert.match((await run('list')).stdout, new RegExp(`^revoked  ES256 .*${pending}$`, 'm'))
  })

  it('done twice is done, and of an unknown key is a failure', async () => {
    const { run, json } = open()
    await json('rotate')
    const [{ kid }] = (await json('list')).keys
    await json('revoke', kid, '--yes')
    assert.equal((await json('revoke', kid, '--yes')).changed, false)
    assert.match((await run('revoke', kid, '--yes')).stderr, /^Revoked already: /)
    const unknown = await run('revoke', 'some-kid', '--yes')
    assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
    assert.match(unknown.stderr, /^No key has the kid some-kid\. See: sallyport key list\n$/)
  })

  it('cannot revoke JWT_SECRET', async () => {
    const { run } = open(['JWT_SECRET=w8Qe4-Tn6vBz2KxMc9RyLp0HsJd5GfUa7'])
    const refused = await run('revoke', 'some-kid', '--yes')
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^JWT_SECRET signs the tokens and cannot be revoked here: set another/)
  })
})
