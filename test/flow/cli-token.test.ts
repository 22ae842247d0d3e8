/** `sallyport token`: what a token claims, and every reason why it would be refused. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { installation, type Run, runCommand, serverFile } from '../support/command-line.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const account = { email: 'test@test.com', password: '123456' }

async function startDevelopment(env: Record<string, string> = {}, cwd = temporaryDirectory('token')) {
  return startServer({ cwd, command: [serverFile, 'development'], env: { RATE_LIMITS: 'off', ...env } })
}

async function logIn(server: ServerProcess) {
  const client = createClient(server.url)
  const since = Date.now()
  await client.post('/auth/login', account)
  const otp = await eventually(async () => {
    const { body } = await client.get(`/_dev/inbox/latest?to=${account.email}`)
    assert.ok(Date.parse(body.sentAt) >= since)
    return body.code
  })
  await client.post('/auth/verify-otp', { otp })
  const { body } = await client.post('/auth/token', { refresh: true })
  return { client, accessToken: body.accessToken as string, refreshToken: body.refreshToken as string }
}

function verify(server: ServerProcess, token: string, more: string[] = []): Promise<Run> {
  return runCommand(['token', 'verify', '--issuer', server.url, '--json', ...more], { input: token })
}

function codesOf(run: Run): string[] {
  return JSON.parse(run.stdout).faults.map(({ code }: { code: string }) => code)
}

describe('token decode', () => {
  let server: ServerProcess
  let accessToken: string
  before(async () => {
    server = await startDevelopment()
    accessToken = (await logIn(server)).accessToken
    await server.stop()
  })

  it('says in words what a token claims, with nobody to ask', async () => {
    const run = await runCommand(['token', 'decode'], { input: `${accessToken}\n` })
    assert.equal(run.code, 0)
    assert.match(run.stdout, /^It is an access token \(typ at\+jwt, RFC 9068\)\n/)
    assert.match(run.stdout, /^ {3}expires in 4 min \d+ s$/m)
    assert.match(run.stdout, /^ {3}was proved by a password and a one-time code, \d+ s ago$/m)
    assert.match(run.stdout, new RegExp(`expects the audience ${server.url}, and by nobody else`))
    assert.match(run.stderr, /Nothing of this was verified/)
  })

  it('never repeats the signature', async () => {
    const signature = accessToken.split('.')[2] as string
    for (const args of [[], ['--json']]) {
      const run = await runCommand(['token', 'decode', '-', ...args], { input: accessToken })
      assert.ok(!`${run.stdout}${run.stderr}`.includes(signature))
    }
  })

  it('reads what people copy along', async () => {
    const wrapped = `Authorization: Bearer ${accessToken.slice(0, 40)}\n ${accessToken.slice(40)}`
    const run = await runCommand(['token', 'decode', '--json'], { input: wrapped })
    const { claims, faults } = JSON.parse(run.stdout)
    assert.deepEqual([run.code, claims.iss, faults[0].code], [0, server.url, 'spelling'])
  })

  it('reads a file, and takes no token as an argument', async () => {
    const cwd = temporaryDirectory('token')
    writeFileSync(join(cwd, 'token.txt'), accessToken)
    assert.equal((await runCommand(['token', 'decode', 'token.txt'], { cwd })).code, 0)
    const refused = await runCommand(['token', 'decode', accessToken])
    assert.deepEqual([refused.code, refused.stdout], [2, ''])
    assert.equal(refused.stderr, 'A token is a secret: pipe it in, or put it into a file.\n')
    assert.equal((await runCommand(['token', 'decode', 'nowhere.txt'])).code, 2)
  })

  it('says what is no token', async () => {
    const decode = async (input: string) => (await runCommand(['token', 'decode'], { input })).stdout
    assert.match(await decode('srt_abc'), /It is a refresh token/)
    assert.match(await decode(''), /There is nothing to read/)
    assert.match(await decode('a.b.c.d.e'), /encrypted/)
    assert.match(await decode(accessToken.split('.').slice(0, 2).join('.')), /It has 2 parts/)
    assert.equal((await runCommand(['token', 'decode'], { input: 'a.b.c' })).code, 1)
  })
})

describe('token verify', () => {
  let server: ServerProcess
  before(async () => {
    server = await startDevelopment({ ACCESS_TOKEN_TTL: '2s' })
  })
  after(() => server.stop())

  it('accepts a good token, until its session ends and until it expires', async () => {
    const { client, accessToken } = await logIn(server)
    const good = await verify(server, accessToken)
    assert.deepEqual([good.code, JSON.parse(good.stdout).ok], [0, true])
    await client.post('/auth/logout')
    await eventually(async () => {
      const ended = await verify(server, accessToken)
      assert.deepEqual([ended.code, codesOf(ended)[0]], [1, 'expired'])
    })
    const { says, fix } = JSON.parse((await verify(server, accessToken)).stdout).faults[0]
    assert.match(says, /^It expired \d+ s ago\.$/)
    assert.match(fix, /POST \/auth\/refresh/)
  })

  it('tells a token of another server, and one that was changed', async () => {
    const other = await startDevelopment()
    const { accessToken } = await logIn(other)
    const foreign = await verify(server, accessToken)
    assert.deepEqual([foreign.code, codesOf(foreign)], [1, ['unknown_kid', 'wrong_issuer', 'wrong_audience']])
    assert.match(foreign.stdout, /byte for byte/)
    const [header = '', payload = '', signature = ''] = accessToken.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'acc_mallory' })).toString('base64url')
    assert.deepEqual(codesOf(await verify(other, `${header}.${forged}.${signature}`)), ['bad_signature'])
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', kid: kidOf(header) })).toString(
      'base64url',
    )
    assert.deepEqual(codesOf(await verify(other, `${none}.${payload}.${signature}`)), [
      'wrong_typ',
      'wrong_alg',
    ])
    assert.deepEqual(codesOf(await verify(other, accessToken, ['--audience', 'https://api.example'])), [
      'wrong_audience',
    ])
    assert.deepEqual(codesOf(await verify(other, `"${accessToken}"`)), ['spelling'])
    await other.stop()
  })

  it('says that the session has ended, where only that is wrong', async (t) => {
    const long = await startDevelopment()
    t.after(() => long.stop())
    const { client, accessToken } = await logIn(long)
    await client.post('/auth/logout')
    const ended = await verify(long, accessToken)
    assert.deepEqual([ended.code, codesOf(ended)], [1, ['session_ended']])
  })

  it('verifies HS256 with the settings of the server, and says that nobody else can', async (t) => {
    const port = await freePort()
    const lines = [`PORT=${port}`, 'SESSION_SECRET=k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2']
    const cwd = installation([...lines, 'JWT_SECRET=w8Qe4-Tn6vBz2KxMc9RyLp0HsJd5GfUa7'])
    const shared = await startServer({ cwd, port, command: [serverFile, 'development'] })
    t.after(() => shared.stop())
    const { accessToken } = await logIn(shared)
    const own = await runCommand(['token', 'verify'], { cwd, input: accessToken })
    assert.equal(own.code, 0, own.stdout)
    assert.match(own.stdout, /^good {2}/)
    assert.deepEqual(codesOf(await verify(shared, accessToken)), ['no_keys'])
  })

  it('says that the issuer is away', async () => {
    const { accessToken } = await logIn(server)
    const issuer = `http://localhost:${await freePort()}`
    const run = await runCommand(['token', 'verify', '--issuer', issuer], { input: accessToken })
    assert.deepEqual([run.code, run.stdout], [69, ''])
    assert.match(run.stderr, /Nothing listens at/)
  })
})

function kidOf(header: string): string {
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
}
