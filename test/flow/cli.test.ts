/** The commands of `sallyport` as a person or a script runs them, beside a running server and without one. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { endWithThisProcess, temporaryDirectory } from '../support/child-processes.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const checkout = join(import.meta.dirname, '../..')
const program = join(checkout, 'bin/sallyport.js')
const secret = 'k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2'
const password = 'a long walk by the river'
/** Nearly a hundred starts of the same files. */
const compiled = temporaryDirectory('cli-compiled')

type Run = { code: number; stdout: string; stderr: string }
type RunOptions = { cwd?: string; env?: Record<string, string>; input?: string | Buffer; node?: string[] }

async function sallyport(args: string[], options: RunOptions = {}): Promise<Run> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [...(options.node ?? []), program, ...args], {
    cwd: options.cwd ?? temporaryDirectory('cli'),
    env: { PATH, HOME, NODE_COMPILE_CACHE: compiled, ...options.env },
  })
  endWithThisProcess(child)
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

/** A directory with a .env, and so with an installation that no server has started yet. */
function installation(lines: string[] = []): string {
  const cwd = temporaryDirectory('cli')
  writeFileSync(join(cwd, '.env'), [`SESSION_SECRET=${secret}`, ...lines, ''].join('\n'))
  return cwd
}

function sqlite(cwd: string, statement: string): void {
  const database = new DatabaseSync(join(cwd, 'data/sallyport.db'))
  database.exec(statement)
  database.close()
}

describe('accounts, beside a running server', () => {
  const cwd = temporaryDirectory('cli-server')
  let server: ServerProcess
  const run = (args: string[], input?: string | Buffer) =>
    sallyport(args, input === undefined ? { cwd } : { cwd, input })
  const show = async (email: string) => JSON.parse((await run(['user', 'show', email, '--json'])).stdout)

  before(async () => {
    server = await startServer({
      cwd,
      command: [join(checkout, 'src/server.ts'), 'development'],
      env: { RATE_LIMITS: 'off' },
    })
  })
  after(async () => assert.equal(await server.stop(), 0))

  /** The code of the login that has just been made, not of one before it. */
  async function codeOf(email: string, client: Client, since: number): Promise<string> {
    return eventually(async () => {
      const { body } = await client.get(`/_dev/inbox/latest?to=${encodeURIComponent(email)}`)
      assert.ok(Date.parse(body.sentAt) >= since, JSON.stringify(body))
      return body.code
    })
  }

  async function logIn(email: string, givenPassword: string): Promise<{ client: Client; bearer: string }> {
    const client = createClient(server.url)
    const since = Date.now()
    const login = await client.post('/auth/login', { email, password: givenPassword })
    assert.equal(login.status, 200, JSON.stringify(login.body))
    const verified = await client.post('/auth/verify-otp', { otp: await codeOf(email, client, since) })
    assert.equal(verified.status, 200, JSON.stringify(verified.body))
    const token = await client.post('/auth/token')
    return { client, bearer: token.body.accessToken }
  }

  async function create(email: string): Promise<void> {
    const created = await run(['user', 'create', email, '--password-stdin'], password)
    assert.equal(created.code, 0, created.stderr)
  }

  it('creates an account whose generated password logs in', async () => {
    const created = await run(['user', 'create', 'Nora@Example.org', '--json'])
    assert.deepEqual([created.code, created.stderr], [0, ''])
    const account = JSON.parse(created.stdout)
    assert.deepEqual(Object.keys(account), ['id', 'email', 'password'])
    assert.equal(account.email, 'nora@example.org')
    assert.match(account.password, /^([a-km-z2-9]{6}-){3}[a-km-z2-9]{6}$/)
    const { client, bearer } = await logIn(account.email, account.password)
    assert.equal((await client.get('/auth/protected', { bearer })).body.user.id, account.id)
    assert.equal((await show('nora@example.org')).sessions, 1)
  })

  it('prints a generated password alone on stdout, and says on stderr that it is shown once', async () => {
    const created = await run(['user', 'create', 'once@example.org'])
    assert.match(created.stdout, /^([a-z2-9]{6}-){3}[a-z2-9]{6}\n$/)
    assert.match(created.stderr, /^Created once@example\.org \(acc_[\w-]{22}\)\. Its password is shown once/)
  })

  it('takes a password from standard input, without the line break at its end', async () => {
    const created = await run(
      ['user', 'create', 'stdin@example.org', '--password-stdin', '--json'],
      ' pass \tword \r\n',
    )
    assert.deepEqual(Object.keys(JSON.parse(created.stdout)), ['id', 'email'])
    await logIn('stdin@example.org', ' pass \tword ')
  })

  it('refuses a taken address, an address that is none, and passwords that the server would refuse', async () => {
    await create('taken@example.org')
    const taken = await run(['user', 'create', 'TAKEN@example.org'])
    assert.deepEqual([taken.code, taken.stdout], [1, ''])
    assert.match(taken.stderr, /taken@example\.org has an account already/)
    const noAddress = await run(['user', 'create', 'nora'])
    assert.equal(noAddress.code, 2)
    assert.match(noAddress.stderr, /Write name@example\.org/)
    const short = await run(['user', 'create', 'short@example.org', '--password-stdin'], '1234567')
    assert.deepEqual([short.code, short.stderr], [1, 'A password has at least 8 characters.\n'])
    const latin1 = Buffer.from('gr\xfcner Baum', 'latin1')
    const notText = await run(['user', 'create', 'short@example.org', '--password-stdin'], latin1)
    assert.equal(notText.code, 1)
    assert.match(notText.stderr, /not UTF-8/)
    assert.equal((await run(['user', 'show', 'short@example.org'])).code, 1)
  })

  it('disables: within a second the session and the token are over, and enables again', async () => {
    const email = 'disabled@example.org'
    await create(email)
    const { client, bearer } = await logIn(email, password)
    assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
    const disabled = await run(['user', 'disable', email])
    assert.deepEqual(disabled, { code: 0, stdout: '', stderr: `Disabled: ${email}\n` })
    await eventually(
      async () => {
        assert.equal((await client.get('/auth/protected', { bearer })).status, 401)
        assert.equal((await client.post('/auth/token')).body.code, 'session_ended')
      },
      { withinMs: 1_000 },
    )
    assert.equal((await client.post('/auth/token')).body.reason, 'disabled')
    const refused = await createClient(server.url).post('/auth/login', { email, password })
    assert.equal(refused.body.code, 'invalid_credentials')
    assert.equal((await show(email)).state, 'disabled')

    assert.equal((await run(['user', 'disable', email])).stderr, `Disabled already: ${email}\n`)
    assert.deepEqual((await run(['user', 'enable', email])).stderr, `Enabled: ${email}\n`)
    assert.equal((await client.get('/auth/protected', { bearer })).status, 401)
    await logIn(email, password)
  })

  it('invites: the code goes to the mailbox, and the terminal does not see it', async () => {
    const email = 'invited@example.org'
    const invited = await run(['user', 'invite', email, '--json'])
    const { expiresAt, ...rest } = JSON.parse(invited.stdout)
    assert.deepEqual([invited.code, rest], [0, { email }])
    const days = (Date.parse(expiresAt) - Date.now()) / 86_400_000
    assert.ok(days > 6.9 && days <= 7, expiresAt)
    const inbox = createClient(server.url)
    await eventually(async () => {
      const { mails } = (await inbox.get(`/_dev/inbox?to=${email}`)).body
      assert.match(mails[0]?.code, /^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$/)
      assert.ok(!`${invited.stdout}${invited.stderr}`.includes(mails[0].code))
    })
    await create('there@example.org')
    const there = await run(['user', 'invite', 'there@example.org'])
    assert.equal(there.code, 1)
    assert.match(there.stderr, /has an account already/)
  })

  it('sets and removes claims, and a token that carries one that is gone is refused within a second', async () => {
    const email = 'claims@example.org'
    await create(email)
    assert.equal((await run(['user', 'claims', email])).stdout, '{}\n')
    const set = await run(['user', 'claims', email, '--set', 'role=admin', '--set', 'teams=["red"]'])
    assert.deepEqual(JSON.parse(set.stdout), { role: 'admin', teams: ['red'] })
    const { client, bearer } = await logIn(email, password)
    const [, payload = ''] = bearer.split('.')
    assert.equal(JSON.parse(Buffer.from(payload, 'base64url').toString()).role, 'admin')
    assert.equal((await client.get('/auth/protected', { bearer })).status, 200)

    assert.equal((await run(['user', 'claims', email, '--remove', 'role'])).code, 0)
    await eventually(
      async () => assert.equal((await client.get('/auth/protected', { bearer })).body.code, 'token_invalid'),
      { withinMs: 1_000 },
    )
    const refused = await run(['user', 'claims', email, '--set', 'sub=acc_other'])
    assert.deepEqual([refused.code, refused.stderr], [1, '"sub" is a claim of the token itself.\n'])
  })

  it('answers as JSON where an account is changed', async () => {
    const email = 'json@example.org'
    await create(email)
    const changes = []
    for (const verb of ['disable', 'disable', 'enable', 'unlock']) {
      changes.push(JSON.parse((await run(['user', verb, email, '--json'])).stdout).changed)
    }
    assert.deepEqual(changes, [true, false, true, true])
    const deleted = await run(['user', 'delete', email, '--yes', '--json'])
    assert.deepEqual(JSON.parse(deleted.stdout), { email, changed: true })
  })

  it('unlocks an account that wrong codes locked', async () => {
    const email = 'locked@example.org'
    await create(email)
    for (let login = 0; login < 2; login++) {
      const client = createClient(server.url)
      const since = Date.now()
      await client.post('/auth/login', { email, password })
      const code = await codeOf(email, client, since)
      const wrong = code === '000000' ? '111111' : '000000'
      for (let guess = 0; guess < 5; guess++) await client.post('/auth/verify-otp', { otp: wrong })
    }
    const locked = await show(email)
    assert.deepEqual([locked.state, locked.wrongCodesThisYear], ['locked', 10])
    assert.match(locked.lockedUntil, /^\d{4}-\d\d-\d\dT/)
    assert.equal((await run(['user', 'unlock', email])).code, 0)
    const unlocked = await show(email)
    assert.deepEqual([unlocked.state, unlocked.lockedUntil, unlocked.wrongCodesThisYear], ['active', null, 0])
  })

  it('deletes only with a yes', async () => {
    const email = 'gone@example.org'
    await create(email)
    const { client, bearer } = await logIn(email, password)
    const unconfirmed = await run(['user', 'delete', email])
    assert.equal(unconfirmed.code, 2)
    assert.match(unconfirmed.stderr, /sallyport user delete gone@example\.org --yes/)
    assert.equal((await show(email)).state, 'active')
    assert.equal((await run(['user', 'delete', email, '--yes'])).code, 0)
    await eventually(
      async () => assert.equal((await client.get('/auth/protected', { bearer })).status, 401),
      { withinMs: 1_000 },
    )
    const again = await run(['user', 'delete', email, '--yes'])
    assert.equal(again.code, 1)
    assert.match(again.stderr, /No account has the address gone@example\.org/)
  })

  it('rotates the signing key no sooner than every verifier knows it', async () => {
    // The metadata lives as long as the keys that it leads to.
    const metadata = await createClient(server.url).get('/.well-known/oauth-authorization-server')
    const maxAgeSeconds = Number(/max-age=(\d+)/.exec(metadata.headers['cache-control'] ?? '')?.[1])
    const rotated = JSON.parse((await run(['key', 'rotate', '--json'])).stdout)
    assert.ok(Date.parse(rotated.activeAt) - Date.now() > maxAgeSeconds * 1_000 - 5_000)
  })

  it('finds the audit trail whole while the server writes it', async () => {
    const verified = await run(['audit', 'verify', '--json'])
    assert.deepEqual([verified.code, verified.stderr], [0, ''])
    const report = JSON.parse(verified.stdout)
    assert.deepEqual(Object.keys(report), ['ok', 'sealed', 'head', 'faults'])
    assert.deepEqual([report.ok, report.faults], [true, []])
  })
})

describe('accounts, without a server', () => {
  const cwd = installation()
  const run = (args: string[], input?: string) =>
    sallyport(args, input === undefined ? { cwd } : { cwd, input })

  it('lists in the order of the addresses', async () => {
    const none = await run(['user', 'list'])
    assert.deepEqual([none.code, none.stdout], [0, ''])
    assert.match(none.stderr, /No accounts yet/)
    assert.equal((await run(['user', 'list', '--json'])).stdout, '[]\n')
    await run(['user', 'create', 'b@example.org', '--password-stdin'], password)
    await run(['user', 'create', 'a@example.org', '--password-stdin'], password)
    const list = await run(['user', 'list'])
    assert.deepEqual([list.code, list.stderr], [0, '2 accounts.\n'])
    assert.match(list.stdout, /^active {4}\S+ {2}acc_\S+ {2}a@example\.org\nactive .*b@example\.org\n$/)
    const users = JSON.parse((await run(['user', 'list', '--json'])).stdout)
    assert.deepEqual(
      users.map(({ email }: { email: string }) => email),
      ['a@example.org', 'b@example.org'],
    )
  })

  it('shows one account', async () => {
    const { id, createdAt, ...account } = JSON.parse(
      (await run(['user', 'show', 'a@example.org', '--json'])).stdout,
    )
    assert.match(id, /^acc_/)
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.deepEqual(account, {
      email: 'a@example.org',
      state: 'active',
      disabledAt: null,
      lockedUntil: null,
      wrongCodesThisYear: 0,
      sessions: 0,
    })
    assert.match((await run(['user', 'show', 'a@example.org'])).stdout, /^state +active$/m)
  })
})

describe('keys, at the command line', () => {
  it('has one pending key after two rotations', async () => {
    const cwd = installation()
    const first = JSON.parse((await sallyport(['key', 'rotate', '--json'], { cwd })).stdout)
    const second = JSON.parse((await sallyport(['key', 'rotate', '--json'], { cwd })).stdout)
    assert.deepEqual(second, { ...first, added: false })
    assert.equal(first.added, true)
    const { keys } = JSON.parse((await sallyport(['key', 'list', '--json'], { cwd })).stdout)
    assert.deepEqual(
      keys.map(({ state, algorithm }: Record<string, string>) => [state, algorithm]),
      [
        ['active', 'ES256'],
        ['pending', 'ES256'],
      ],
    )
    assert.deepEqual(Object.keys(keys[1]), ['kid', 'algorithm', 'state', 'createdAt', 'activeAt'])
    assert.deepEqual([keys[1].kid, keys[1].activeAt], [first.kid, first.activeAt])
  })

  it('cannot rotate JWT_SECRET', async () => {
    const cwd = installation(['JWT_SECRET=w8Qe4-Tn6vBz2KxMc9RyLp0HsJd5GfUa7'])
    const rotated = await sallyport(['key', 'rotate'], { cwd })
    assert.deepEqual([rotated.code, rotated.stdout], [1, ''])
    assert.match(
      rotated.stderr,
      /^JWT_SECRET signs the tokens and cannot be rotated here: set another JWT_SECRET/,
    )
    assert.equal((await sallyport(['key', 'list', '--json'], { cwd })).stdout, '{\n  "keys": []\n}\n')
  })
})

describe('the audit trail, at the command line', () => {
  async function trailOfThree(): Promise<string> {
    const cwd = installation()
    const address = 'nora@example.org'
    await sallyport(['user', 'create', address, '--password-stdin'], { cwd, input: password })
    await sallyport(['user', 'disable', address], { cwd })
    await sallyport(['user', 'enable', address], { cwd })
    return cwd
  }

  it('is whole, and its head is there to be kept elsewhere', async () => {
    const cwd = await trailOfThree()
    const verified = await sallyport(['audit', 'verify'], { cwd })
    assert.equal(verified.code, 0)
    assert.match(verified.stdout, /^sealed {3}3\nhead {5}3 [\w-]{43}\n$/)
    assert.match(verified.stderr, /Keep the head elsewhere/)
  })

  it('shows an entry that was changed', async () => {
    const cwd = await trailOfThree()
    sqlite(cwd, `update audit_events set detail = '{"by":"nobody"}' where type = 'account.created'`)
    const verified = await sallyport(['audit', 'verify', '--json'], { cwd })
    const report = JSON.parse(verified.stdout)
    assert.deepEqual([verified.code, report.ok, report.faults.length], [1, false, 1])
    assert.match(report.faults[0], /^entry 1 \(evt_\S+\) was changed or forged$/)
  })

  it('shows an entry that was removed, from the middle or the end', async () => {
    const cwd = await trailOfThree()
    sqlite(cwd, `delete from audit_events where type = 'account.disabled'`)
    const removed = await sallyport(['audit', 'verify'], { cwd })
    assert.equal(removed.code, 1)
    assert.match(removed.stdout, /^fault {4}entry 2 \(evt_\S+\) was removed$/m)
    sqlite(cwd, 'delete from audit_seals where position = 3')
    const cut = await sallyport(['audit', 'verify'], { cwd })
    assert.match(cut.stdout, /^fault {4}the chain ends at 2, but 3 entries were sealed/m)
  })
})

describe('migrate', () => {
  it('shows what is pending, applies it once', async () => {
    const cwd = installation()
    const status = async () =>
      JSON.parse((await sallyport(['migrate', '--status', '--json'], { cwd })).stdout).migrations
    const pending: { id: string; state: string }[] = await status()
    assert.deepEqual(
      [pending[0]?.id, new Set(pending.map(({ state }) => state))],
      ['0001-the-gate', new Set(['pending'])],
    )
    const applied = JSON.parse((await sallyport(['migrate', '--json'], { cwd })).stdout)
    assert.deepEqual(applied, { applied: pending.map(({ id }) => id) })
    assert.deepEqual(
      await status(),
      pending.map(({ id }) => ({ id, state: 'applied' })),
    )
    const again = await sallyport(['migrate'], { cwd })
    assert.deepEqual([again.code, again.stdout], [0, ''])
    assert.match((await sallyport(['migrate', '--status'], { cwd })).stdout, /^applied {2}0001-the-gate$/m)
  })
})

describe('settings of commands', () => {
  const needSecret = [
    ['user', 'create', 'nora@example.org'],
    ['user', 'disable', 'nora@example.org'],
    ['key', 'rotate'],
    ['audit', 'verify'],
  ]
  for (const args of needSecret) {
    it(`sallyport ${args.join(' ')} never signs with a secret of its own`, async () => {
      const refused = await sallyport(args)
      assert.deepEqual([refused.code, refused.stdout], [78, ''])
      assert.match(refused.stderr, /^SESSION_SECRET is not set, and there is no \.env here/)
    })
  }

  it('takes the secret from a file', async () => {
    const cwd = temporaryDirectory('cli')
    writeFileSync(join(cwd, 'secret'), secret)
    const created = await sallyport(['user', 'create', 'nora@example.org'], {
      cwd,
      env: { SESSION_SECRET_FILE: 'secret' },
    })
    assert.equal(created.code, 0, created.stderr)
  })

  it("refuses another secret than the server's own", async () => {
    const cwd = installation()
    await sallyport(['key', 'rotate'], { cwd })
    const refused = await sallyport(['user', 'create', 'nora@example.org'], {
      cwd,
      env: { SESSION_SECRET: `another-${secret}` },
    })
    assert.equal(refused.code, 78)
    assert.match(refused.stderr, /SESSION_SECRET changed/)
  })

  it('needs no mail server and no long secret, and warns about neither', async () => {
    const cwd = temporaryDirectory('cli')
    const created = await sallyport(['user', 'create', 'nora@example.org', '--json'], {
      cwd,
      env: { SESSION_SECRET: 'mysessionsecret' },
    })
    assert.deepEqual([created.code, created.stderr], [0, ''])
  })

  it('reports all mistakes together', async () => {
    const wrong = { SESSION_SECRET: secret, PORT: 'many', OTP_TTL: 'soon', DATABASE_URL: 'mysql://db' }
    for (const args of [['user', 'list'], ['start']]) {
      const refused = await sallyport(args, { env: wrong })
      assert.equal(refused.code, 78)
      for (const name of ['PORT', 'OTP_TTL', 'DATABASE_URL'])
        assert.match(refused.stderr, new RegExp(`^ {2}${name}: `, 'm'))
    }
  })

  it('tells a store that is down from one that no command reaches', async () => {
    const down = await sallyport(['user', 'list'], {
      env: { DATABASE_URL: 'postgres://sallyport:pw@127.0.0.1:1/sallyport' },
    })
    assert.equal(down.code, 69)
    assert.match(down.stderr, /^The store cannot be reached: .*\n$/)
    const inside = await sallyport(['user', 'list'], { env: { DATABASE_URL: 'memory:' } })
    assert.equal(inside.code, 78)
  })
})

describe('usage', () => {
  it('begins help with examples', async () => {
    for (const args of [[], ['user'], ['user', 'create'], ['key', 'rotate']]) {
      const help = await sallyport([...args, '--help'])
      assert.equal(help.code, 0)
      assert.match(help.stdout, /^Examples:\n {2}\$ sallyport /)
    }
    assert.equal((await sallyport([])).code, 2)
  })

  it('guesses what was meant', async () => {
    const unknown = await sallyport(['user', 'lst'])
    assert.deepEqual([unknown.code, unknown.stdout], [2, ''])
    assert.match(unknown.stderr, /Did you mean list\?/)
    assert.match((await sallyport(['user', 'list', '--jsn'])).stderr, /Did you mean --json\?/)
  })

  it('prints a fresh secret', async () => {
    const [one, other] = await Promise.all([sallyport(['secret']), sallyport(['secret'])])
    assert.match(one.stdout, /^[\w-]{43}\n$/)
    assert.notEqual(one.stdout, other.stdout)
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    assert.equal((await sallyport(['--version'])).stdout, `${version}\n`)
  })

  it('says in one line that an old Node is too old', async () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.9.0'}})`
    const refused = await sallyport(['user', 'list'], { node: ['--import', pretend] })
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(
      refused.stderr,
      /^Sallyport needs Node 24 or newer, .*npm run sallyport -- .* install Node 24\.\n$/,
    )
  })
})
