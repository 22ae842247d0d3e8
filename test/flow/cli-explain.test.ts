/** `sallyport explain` and `sallyport completion`: what a person asks at the terminal. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { catalogue } from '../../src/problems/catalogue.ts'
import { installation, runCommand, serverFile } from '../support/command-line.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

describe('explain, a code', () => {
  it('is the page of the refusal', async () => {
    const run = await runCommand(['explain', 'session_missing'])
    assert.deepEqual([run.code, run.stderr], [0, ''])
    assert.match(run.stdout, /^session_missing {2}401 {2}No session came with this request\n {2}means {2}\S/)
    assert.match(run.stdout, /^ {2}fix {4}Log in first/m)
    assert.match(run.stdout, /^ {2}cookie_not_sent$/m)
  })

  it('knows every code of the catalogue, as JSON too', async () => {
    const { stdout } = await runCommand(['explain', 'otp_invalid', '--json'])
    const { code, status, fix, causes } = JSON.parse(stdout)
    assert.deepEqual([code, status, fix], ['otp_invalid', 401, catalogue.otp_invalid.fix])
    assert.ok(causes.every((cause: { means: string; fix: string }) => cause.means && cause.fix))
  })

  it('guesses what was meant', async () => {
    const run = await runCommand(['explain', 'otp-invald'])
    assert.deepEqual([run.code, run.stdout], [2, ''])
    assert.match(run.stderr, /Did you mean otp_invalid\?/)
    assert.doesNotMatch((await runCommand(['explain', 'xyz'])).stderr, /Did you mean/)
    assert.equal((await runCommand(['explain', '__proto__'])).code, 2)
  })
})

describe('explain, a flow', () => {
  let server: ServerProcess
  let cwd: string
  before(async () => {
    const port = await freePort()
    cwd = installation([`PORT=${port}`, 'SESSION_SECRET=k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2'])
    server = await startServer({ cwd, port, command: [serverFile, 'development'] })
  })
  after(() => server.stop())

  /** A login with a wrong code, a right one, a token and a logout. */
  async function walkThrough() {
    const client = createClient(server.url)
    const login = await client.post('/auth/login', { email: 'test@test.com', password: '123456' })
    const code = await eventually(async () => {
      const { status, body } = await client.get('/_dev/inbox/latest?to=test@test.com')
      assert.equal(status, 200)
      return body.code as string
    })
    await client.post('/auth/verify-otp', { otp: code === '000000' ? '111111' : '000000' })
    await client.post('/auth/verify-otp', { otp: code })
    const token = await client.post('/auth/token', { refresh: true })
    const { body } = await client.get('/auth/protected', { bearer: token.body.accessToken })
    await client.post('/auth/logout')
    client.close()
    return {
      flowId: login.headers['x-flow-id'] as string,
      accountId: body.user.id,
      sessionId: login.body.sessionId,
    }
  }

  it('tells in order what happened, what it means and what to do, and names nobody', async () => {
    const { flowId, accountId, sessionId } = await walkThrough()
    const run = await runCommand(['explain', flowId.toLowerCase(), '--json'], { cwd })
    assert.equal(run.code, 0, run.stderr)
    const { entries } = JSON.parse(run.stdout)
    assert.deepEqual(
      entries.map(({ type }: { type: string }) => type),
      ['login.accepted', 'code.refused', 'code.accepted', 'refresh.granted', 'session.ended'],
    )
    assert.match(entries[1].says, /^A code was refused: it was wrong\. 4 tries were left\.$/)
    assert.match(entries[4].says, /its owner logged out/)
    const text = await runCommand(['explain', flowId], { cwd })
    assert.match(text.stdout, new RegExp(`^Flow ${flowId}, 5 entries\n`))
    assert.match(text.stdout, /^ {2}fix {3}Use the newest mail and the client that logged in/m)
    for (const output of [run.stdout, text.stdout]) {
      for (const known of [accountId, sessionId, 'test@test.com', '127.0.0.1']) {
        assert.ok(!output.includes(known), known)
      }
    }
  })

  it('says where else to look', async () => {
    const run = await runCommand(['explain', 'AAAA-AAAA'], { cwd })
    assert.deepEqual([run.code, run.stdout], [1, ''])
    assert.match(run.stderr, /are only in the log: look there for the same flowId/)
  })
})

describe('completion', () => {
  it('completes commands, options and choices in bash', async () => {
    const { code, stdout } = await runCommand(['completion', 'bash'])
    assert.equal(code, 0)
    const complete = (...words: string[]) => {
      const line = words.map((word) => `'${word}'`).join(' ')
      const typed = `COMP_WORDS=(sallyport ${line}); COMP_CWORD=${words.length}; _sallyport; echo "\${COMPREPLY[@]}"`
      return execFileSync('bash', ['-c', `${stdout}\n${typed}`], { encoding: 'utf8' }).trim()
    }
    assert.equal(complete('doc'), 'doctor')
    assert.equal(complete('user', 'cr'), 'create')
    assert.equal(complete('user', 'create', '--password'), '--password-stdin')
    assert.equal(complete('user', 'list', 'create', ''), '--json --help')
    assert.equal(complete('config', 'explain', 'OTP_L'), 'OTP_LENGTH')
  })

  it('writes scripts for zsh and fish, and for no other shell', async () => {
    assert.match((await runCommand(['completion', 'zsh'])).stdout, /^#compdef sallyport\n/)
    assert.match((await runCommand(['completion', 'fish'])).stdout, /-a 'doctor' -d '/)
    assert.equal((await runCommand(['completion', 'tcsh'])).code, 2)
  })
})
