/** `sallyport user import` and `user export`, as a person or a script runs them, beside a running server and without one. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { hash as argon2 } from '@node-rs/argon2'
import bcrypt from 'bcrypt'
import { endWithThisProcess, temporaryDirectory } from '../support/child-processes.ts'
import { createClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const checkout = join(import.meta.dirname, '../..')
const program = join(checkout, 'bin/sallyport.js')
const secret = 'k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2'
const password = 'a long walk by the river'
const compiled = temporaryDirectory('cli-compiled')

type Run = { code: number; stdout: string; stderr: string }

function start(args: string[], cwd: string, node: string[] = []) {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, NODE_COMPILE_CACHE: compiled }
  const child = spawn(process.execPath, [...node, program, ...args], { cwd, env })
  endWithThisProcess(child)
  child.stdin.on('error', () => {})
  return child
}

async function sallyport(
  args: string[],
  cwd: string,
  options: { input?: string; node?: string[] } = {},
): Promise<Run> {
  const child = start(args, cwd, options.node)
  child.stdin.end(options.input ?? '')
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

function installation(): string {
  const cwd = temporaryDirectory('cli-import')
  writeFileSync(join(cwd, '.env'), `SESSION_SECRET=${secret}\n`)
  return cwd
}

function query(cwd: string, statement: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(cwd, 'data/sallyport.db'), { readOnly: true })
  try {
    return database.prepare(statement).all() as Record<string, unknown>[]
  } finally {
    database.close()
  }
}

const countAccounts = (cwd: string) => query(cwd, 'select count(*) as n from accounts')[0]?.n as number
const hashOf = (cwd: string, email: string) =>
  query(cwd, `select password_hash as hash from accounts where email = '${email}'`)[0]?.hash as string
const json = (value: unknown) => JSON.stringify(value)
const lines = (values: unknown[]) => values.map((value) => `${json(value)}\n`).join('')
const base64 = (bytes: Buffer) => bytes.toString('base64')

/** What each product writes, with the password above behind every hash but Firebase's published one. */
type Sample = { format: string; file: string; args?: string[]; emails: string[]; password?: string }

async function samples(): Promise<Record<string, Sample>> {
  const hashed = await bcrypt.hash(password, 4)
  const salt = randomBytes(16)
  const passportSalt = randomBytes(32).toString('hex')
  const passport = (digest: string, iterations: number) =>
    pbkdf2Sync(password, passportSalt, iterations, 512, digest).toString('hex')
  const django = (digest: string) => base64(pbkdf2Sync(password, 'seasalt', 1_000, 32, digest))
  const sha256 = createHash('sha256').update(password).digest('hex')
  return {
    csv: {
      format: 'csv',
      file: `email,passwordHash,password,createdAt,disabled\r\ncsv-1@example.org,${hashed.replace('$2b', '$2y')},,2020-02-03T04:05:06Z,\r\n"csv-2@example.org",,"${password}",,false\r\n`,
      emails: ['csv-1@example.org', 'csv-2@example.org'],
    },
    json: {
      format: 'json',
      file: json([
        {
          email: 'JSON-1@Example.org',
          passwordHash: await argon2(password, { algorithm: 1, memoryCost: 64 }),
        },
        {
          email: 'json-2@example.org',
          passwordHash: await argon2(password, { algorithm: 0, memoryCost: 64 }),
        },
      ]),
      emails: ['json-1@example.org', 'json-2@example.org'],
    },
    'auth0, from its support': {
      format: 'auth0',
      file: lines([
        {
          _id: { $oid: '60425dc43519d90068f82973' },
          email: 'auth0-1@example.org',
          passwordHash: hashed,
          connection: 'Users',
        },
      ]),
      emails: ['auth0-1@example.org'],
    },
    'auth0, in its import schema': {
      format: 'auth0',
      file: json([
        { email: 'auth0-2@example.org', password_hash: hashed.replace('$2b', '$2a'), blocked: false },
        {
          email: 'auth0-3@example.org',
          custom_password_hash: { algorithm: 'bcrypt', hash: { value: hashed } },
        },
        {
          email: 'auth0-4@example.org',
          custom_password_hash: {
            algorithm: 'scrypt',
            hash: { value: scryptSync(password, salt, 64).toString('hex'), encoding: 'hex' },
            salt: { value: base64(salt), encoding: 'base64' },
            keylen: 64,
          },
        },
        {
          email: 'auth0-5@example.org',
          custom_password_hash: {
            algorithm: 'pbkdf2',
            hash: {
              value:
                `$pbkdf2-sha512$i=1000,l=64$${base64(salt)}$${base64(pbkdf2Sync(password, salt, 1_000, 64, 'sha512'))}`.replaceAll(
                  '==',
                  '',
                ),
              encoding: 'utf8',
            },
          },
        },
      ]),
      emails: [2, 3, 4, 5].map((number) => `auth0-${number}@example.org`),
    },
    firebase: {
      format: 'firebase',
      args: ['--hash-config', 'hash-config.txt'],
      file: json({
        users: [
          {
            localId: 'ZYXwvu',
            email: 'firebase@example.org',
            emailVerified: true,
            passwordHash:
              'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
            salt: '42xEC+ixf3L2lw==',
            createdAt: '1486324120000',
            providerUserInfo: [],
          },
        ],
      }),
      emails: ['firebase@example.org'],
      password: 'user1password',
    },
    'supabase, CSV': {
      format: 'supabase',
      file: `id,email,encrypted_password,created_at,banned_until\n7d1b,supabase-1@example.org,${hashed},2023-04-05 06:07:08.123456+00,null\n`,
      emails: ['supabase-1@example.org'],
    },
    'supabase, JSON': {
      format: 'supabase',
      file: json([{ email: 'supabase-2@example.org', encrypted_password: hashed, banned_until: null }]),
      emails: ['supabase-2@example.org'],
    },
    'passport-local-mongoose': {
      format: 'passport',
      file: lines([
        {
          _id: { $oid: 'a1' },
          username: 'passport-1@example.org',
          salt: passportSalt,
          hash: passport('sha256', 25_000),
        },
        {
          _id: { $oid: 'a2' },
          email: 'passport-2@example.org',
          password: hashed,
          createdAt: { $date: '2022-01-02T03:04:05Z' },
        },
      ]),
      emails: ['passport-1@example.org', 'passport-2@example.org'],
    },
    'passport, an old one': {
      format: 'passport',
      args: ['--digest', 'sha1', '--iterations', '12000'],
      file: `email,salt,hash\npassport-3@example.org,${passportSalt},${passport('sha1', 12_000)}\n`,
      emails: ['passport-3@example.org'],
    },
    'passport, with bytes': {
      format: 'passport',
      args: [
        '--digest',
        'sha512',
        '--iterations',
        '1000',
        '--salt-encoding',
        'hex',
        '--hash-encoding',
        'base64',
      ],
      file: json([
        {
          email: 'passport-4@example.org',
          salt: salt.toString('hex'),
          hash: base64(pbkdf2Sync(password, salt, 1_000, 64, 'sha512')),
        },
      ]),
      emails: ['passport-4@example.org'],
    },
    'django, dumpdata': {
      format: 'django',
      file: json([
        {
          model: 'auth.user',
          pk: 1,
          fields: {
            email: 'django-1@example.org',
            password: `pbkdf2_sha256$1000$seasalt$${django('sha256')}`,
            is_active: true,
            date_joined: '2021-02-03T04:05:06.789Z',
          },
        },
        {
          model: 'auth.user',
          pk: 2,
          fields: {
            email: 'django-2@example.org',
            password: `bcrypt_sha256$${await bcrypt.hash(sha256, 4)}`,
          },
        },
        {
          model: 'auth.user',
          pk: 3,
          fields: {
            email: 'django-3@example.org',
            password: `argon2${await argon2(password, { memoryCost: 64 })}`,
          },
        },
      ]),
      emails: [1, 2, 3].map((number) => `django-${number}@example.org`),
    },
    'django, a query': {
      format: 'django',
      file: `email,password,is_active,date_joined\ndjango-4@example.org,scrypt$16384$seasalt$8$1$${base64(scryptSync(password, 'seasalt', 64))},t,2021-02-03 04:05:06+00\n`,
      emails: ['django-4@example.org'],
    },
  }
}

const hashConfig = `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}
`

const all = await samples()

describe('import, beside a running server', () => {
  const cwd = temporaryDirectory('cli-import-server')
  let server: ServerProcess

  before(async () => {
    server = await startServer({
      cwd,
      command: [join(checkout, 'src/server.ts'), 'development'],
      env: { RATE_LIMITS: 'off' },
    })
    writeFileSync(join(cwd, 'hash-config.txt'), hashConfig)
  })
  after(async () => assert.equal(await server.stop(), 0))

  async function logIn(email: string, given: string): Promise<number> {
    return (await createClient(server.url).post('/auth/login', { email, password: given })).status
  }

  for (const [name, sample] of Object.entries(all)) {
    it(`${name}: the old passwords log in, and their hashes become argon2id`, async () => {
      writeFileSync(join(cwd, 'export'), sample.file)
      const args = ['user', 'import', 'export', '--format', sample.format, ...(sample.args ?? [])]
      const run = await sallyport(args, cwd)
      assert.deepEqual(run, {
        code: 0,
        stdout: '',
        stderr: `Imported ${sample.emails.length}, existing 0, refused 0.\n`,
      })
      for (const email of sample.emails) {
        const known = sample.password ?? password
        const imported = hashOf(cwd, email)
        assert.equal(await logIn(email, `${known}!`), 401, email)
        assert.equal(hashOf(cwd, email), imported)
        assert.equal(await logIn(email, known), 200, email)
        assert.match(hashOf(cwd, email), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
        assert.equal(await logIn(email, known), 200, email)
      }
    })
  }

  it('carries the times, and tells the trail where each account came from', () => {
    const created = query(
      cwd,
      `select email, created_at as at from accounts where email like '%-1@%' order by email`,
    )
    const times = Object.fromEntries(
      created.map(({ email, at }) => [email, new Date(at as number).toISOString()]),
    )
    assert.equal(times['csv-1@example.org'], '2020-02-03T04:05:06.000Z')
    assert.equal(times['supabase-1@example.org'], '2023-04-05T06:07:08.123Z')
    assert.equal(times['django-1@example.org'], '2021-02-03T04:05:06.789Z')
    const emails = Object.values(all).flatMap((sample) => sample.emails)
    const [entries] = query(
      cwd,
      `select count(*) as n from audit_events where type = 'account.created' and detail = '{"by":"import"}'`,
    )
    assert.equal(entries?.n, emails.length)
  })

  it('leaves the audit trail whole', async () => {
    const verified = await sallyport(['audit', 'verify', '--json'], cwd)
    assert.deepEqual(JSON.parse(verified.stdout).faults, [])
  })
})

describe('import, without a server', () => {
  const hash = bcrypt.hashSync(password, 4)
  const good = (number: number) => `good-${number}@example.org,${hash}`

  it('writes nothing in a dry run, and says what would be', async () => {
    const cwd = installation()
    await sallyport(['migrate'], cwd)
    const input = `email,passwordHash\n${good(1)}\n${good(2)}\nnobody,${hash}\n`
    const dry = await sallyport(['user', 'import', '-', '--format', 'csv', '--dry-run'], cwd, { input })
    assert.equal(dry.code, 1)
    assert.match(dry.stdout, /^line 4 {2}- {2}its address is none/)
    assert.equal(dry.stderr, 'Would import 2, existing 0, refused 1.\n')
    assert.equal(countAccounts(cwd), 0)
    assert.deepEqual(query(cwd, 'select * from audit_events'), [])
  })

  it('run again finds everything existing, and changes nothing', async () => {
    const cwd = installation()
    const input = `email,passwordHash\n${good(1)}\n${good(2)}\n`
    const args = ['user', 'import', '-', '--format', 'csv']
    assert.equal((await sallyport(args, cwd, { input })).stderr, 'Imported 2, existing 0, refused 0.\n')
    const rows = query(cwd, 'select * from accounts')
    const other = input.replaceAll(hash, bcrypt.hashSync('another password', 4))
    const again = await sallyport(args, cwd, { input: other })
    assert.deepEqual([again.code, again.stderr], [0, 'Imported 0, existing 2, refused 0.\n'])
    const dry = await sallyport([...args, '--dry-run'], cwd, { input })
    assert.equal(dry.stderr, 'Would import 0, existing 2, refused 0.\n')
    assert.deepEqual(query(cwd, 'select * from accounts'), rows)
  })

  it('tells each refused row with its line and the reason, and never a hash or a password', async () => {
    const cwd = installation()
    const letters = hash.slice(7)
    const rows = [
      { email: 'first@example.org', passwordHash: hash },
      { email: 'First@Example.org', passwordHash: hash },
      { email: hash, passwordHash: hash },
      { passwordHash: hash },
      { email: 'plain@example.org', passwordHash: password },
      { email: 'costly@example.org', passwordHash: `$2b$31$${letters}` },
      { email: 'none@example.org' },
      { email: 'short@example.org', password: '1234567' },
      { email: 'both@example.org', password, passwordHash: hash },
      { email: 'common@example.org', password: 'password1234' },
      { email: 'when@example.org', passwordHash: hash, createdAt: 'yesterday' },
      { email: 'id@example.org', passwordHash: hash, id: '17' },
      { email: 'latin@example.org', password: 'gr\ufffdner Baum' },
      { email: 'claims@example.org', passwordHash: hash, claims: { sub: 'root' } },
    ]
    const input = `${lines(rows)}{"email": "broken@example.org, "passwordHash": "${hash}"}\n`
    const args = ['user', 'import', '-', '--format', 'json', '--json', '--report', 'report.jsonl']
    const run = await sallyport(args, cwd, { input })
    assert.deepEqual([run.code, run.stderr], [1, 'Imported 1, existing 0, refused 14.\n'])
    const { refusals, ...sums } = JSON.parse(run.stdout)
    assert.deepEqual(sums, { imported: 1, existing: 0, refused: 14, dryRun: false })
    const byLine: Record<number, { email?: string; reason: string }> = Object.fromEntries(
      refusals.map((refusal: { line: number }) => [refusal.line, refusal]),
    )
    const reasons: [number, string | undefined, RegExp][] = [
      [2, 'first@example.org', /earlier row of this file/],
      [3, undefined, /address is none that mail can be sent to/],
      [4, undefined, /has no address/],
      [5, 'plain@example.org', /no known kind/],
      [6, 'costly@example.org', /cost out of bounds/],
      [7, 'none@example.org', /has no password/],
      [8, 'short@example.org', /at least 8 characters/],
      [9, 'both@example.org', /a password and a hash/],
      [10, 'common@example.org', /most common/],
      [11, undefined, /createdAt is not a time/],
      [12, 'id@example.org', /id is none of Sallyport/],
      [13, undefined, /password is not UTF-8/],
      [14, 'claims@example.org', /claims are refused.*claim of the token itself/],
      [15, undefined, /not JSON/],
    ]
    for (const [line, email, reason] of reasons) {
      assert.equal(byLine[line]?.email, email, `line ${line}`)
      assert.match(byLine[line]?.reason ?? '', reason, `line ${line}`)
    }
    const report = readFileSync(join(cwd, 'report.jsonl'), 'utf8')
    assert.equal(statSync(join(cwd, 'report.jsonl')).mode & 0o777, 0o600)
    assert.match(
      report,
      /^\{"line":1,"outcome":"imported","email":"first@example\.org","id":"acc_[\w-]{22}"\}$/m,
    )
    assert.equal(report.trim().split('\n').length, 15)
    for (const secretText of [hash, letters, password, '1234567']) {
      for (const output of [run.stdout, run.stderr, report])
        assert.ok(!output.includes(secretText), secretText)
    }
  })

  it("keeps a disabled account disabled, and leaves out what has no password, as Django's, Auth0's and Firebase's do", async () => {
    const cwd = installation()
    const django = lines([
      { email: 'left@example.org', password: `bcrypt$${hash}`, is_active: false },
      { email: 'google@example.org', password: `!${'x'.repeat(40)}` },
    ])
    const one = await sallyport(['user', 'import', '-', '--format', 'django'], cwd, { input: django })
    assert.match(one.stdout, /^line 2 {2}google@example\.org {2}it has no password/)
    const auth0 = lines([
      { user_id: 'auth0|1', email: 'blocked@example.org', password_hash: hash, blocked: true },
      { email: 'md5@example.org', custom_password_hash: { algorithm: 'md5', hash: { value: 'x' } } },
    ])
    const two = await sallyport(['user', 'import', '-', '--format', 'auth0', '--report', 'ids'], cwd, {
      input: auth0,
    })
    assert.match(two.stdout, /^line 2 .*algorithm of custom_password_hash is not verified here/)
    assert.match(readFileSync(join(cwd, 'ids'), 'utf8'), /"sourceId":"auth0\|1"/)
    const states = query(cwd, 'select email from accounts where disabled_at is not null order by email')
    assert.deepEqual(
      states.map(({ email }) => email),
      ['blocked@example.org', 'left@example.org'],
    )
  })

  it('imports what stands before the place where a file is broken, and says where that is', async () => {
    const cwd = installation()
    const input = `email,passwordHash\n${good(1)}\n"open,${hash}\n${good(2)}\n`
    const run = await sallyport(['user', 'import', '-', '--format', 'csv'], cwd, { input })
    assert.equal(run.code, 1)
    assert.match(run.stderr, /^Imported 1, existing 0, refused 0\.\nWhat begins at line 3 does not end/)
    assert.equal(countAccounts(cwd), 1)
  })

  it('refuses wrong usage before it touches anything', async () => {
    const cwd = installation()
    writeFileSync(join(cwd, 'bad-config'), 'rounds: 8')
    const usages: [string[], RegExp][] = [
      [['-'], /required option '--format <name>'/],
      [
        ['-', '--format', 'okta'],
        /Allowed choices are csv, json, auth0, firebase, supabase, passport, django/,
      ],
      [['nowhere', '--format', 'csv'], /nowhere is no file that can be read/],
      [['.', '--format', 'csv'], /\. is no file that can be read/],
      [
        ['-', '--format', 'firebase', '--hash-config', 'bad-config'],
        /base64_signer_key, base64_salt_separator/,
      ],
      [['-', '--format', 'passport', '--digest', 'md5'], /--digest is one of/],
      [['-', '--format', 'passport', '--iterations', 'many'], /--iterations is a whole number/],
    ]
    for (const [args, message] of usages) {
      const run = await sallyport(['user', 'import', ...args], cwd)
      assert.deepEqual([run.code, run.stdout], [2, ''])
      assert.match(run.stderr, message)
    }
    const user = { email: 'a@example.org', passwordHash: 'AAAA', salt: 'AAAA' }
    const noConfig = await sallyport(['user', 'import', '-', '--format', 'firebase'], cwd, {
      input: lines([user]),
    })
    assert.equal(noConfig.code, 2)
    assert.match(noConfig.stderr, /Firebase's hashes can't be verified without its parameters/)
  })

  it('goes on where it was killed', async () => {
    const cwd = installation()
    await sallyport(['migrate'], cwd)
    const rows = Array.from({ length: 3_000 }, (_, number) => `${good(number)}\n`)
    const killed = start(['user', 'import', '-', '--format', 'csv'], cwd)
    const ended = new Promise((resolve) => killed.once('close', resolve))
    killed.stdin.write(`email,passwordHash\n${rows.slice(0, 1_500).join('')}`)
    await eventually(() => assert.ok(countAccounts(cwd) >= 400), { withinMs: 15_000 })
    killed.kill('SIGKILL')
    await ended
    const kept = countAccounts(cwd)
    assert.ok(kept >= 400 && kept <= 1_500 && kept % 200 === 0, `${kept}`)
    const input = `email,passwordHash\n${rows.join('')}`
    const again = await sallyport(['user', 'import', '-', '--format', 'csv'], cwd, { input })
    assert.equal(again.stderr, `Imported ${3_000 - kept}, existing ${kept}, refused 0.\n`)
    const verified = await sallyport(['audit', 'verify', '--json'], cwd)
    const { faults, sealed } = JSON.parse(verified.stdout)
    assert.deepEqual([faults, sealed], [[], 3_000])
  })
})

describe('export', () => {
  const argon2id =
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$RdescudvJCsgt3ub+b4dWRWJTmaasdgsdfadfasdfas'

  for (const format of ['json', 'csv']) {
    it(`${format} comes back whole: ids, addresses, hashes, times, claims`, async () => {
      const [from, to] = [installation(), installation()]
      const hash = bcrypt.hashSync(password, 4)
      const rows = [
        { email: '=cmd@example.org', passwordHash: hash, createdAt: '2020-01-02T03:04:05.678Z' },
        { email: "'quoted'@example.org", passwordHash: argon2id, disabledAt: '2021-01-02T03:04:05Z' },
        { email: '+plus@example.org', passwordHash: hash, claims: { role: 'admin', teams: ['red'] } },
      ]
      await sallyport(['user', 'import', '-', '--format', 'json'], from, { input: lines(rows) })
      const exported = await sallyport(['user', 'export', '--format', format], from)
      assert.equal(exported.code, 0)
      assert.match(exported.stderr, /^Exported 3 accounts with their password hashes\. This file is a secret/)
      const run = await sallyport(['user', 'import', '-', '--format', format], to, { input: exported.stdout })
      assert.equal(run.stderr, 'Imported 3, existing 0, refused 0.\n')
      const accounts = (cwd: string) =>
        query(
          cwd,
          'select id, email, password_hash, created_at, disabled_at, claims from accounts order by email',
        )
      assert.deepEqual(accounts(to), accounts(from))
      const again = await sallyport(['user', 'export', '--format', format], to)
      assert.equal(again.stdout, exported.stdout)
    })
  }

  it('1.2.10: writes no cell that a spreadsheet takes for a formula', async () => {
    const cwd = installation()
    const input = lines([{ email: '=cmd@example.org', passwordHash: bcrypt.hashSync(password, 4) }])
    await sallyport(['user', 'import', '-', '--format', 'json'], cwd, { input })
    const { stdout } = await sallyport(['user', 'export', '--format', 'csv'], cwd)
    assert.match(
      stdout,
      /^"id","email","passwordHash","createdAt","disabledAt","claims"\n"acc_[\w-]{22}","'=cmd@example\.org",/,
    )
  })

  it('refuses an id that another address has here', async () => {
    const cwd = installation()
    const passwordHash = bcrypt.hashSync(password, 4)
    const id = 'acc_AAAAAAAAAAAAAAAAAAAAAA'
    const input = lines([
      { id, email: 'one@example.org', passwordHash },
      { id, email: 'two@example.org', passwordHash },
      { id, email: 'one@example.org', passwordHash },
    ])
    const run = await sallyport(['user', 'import', '-', '--format', 'json'], cwd, { input })
    assert.match(run.stdout, /^line 2 {2}two@example\.org {2}its id belongs to another account here/)
    assert.match(run.stdout, /^line 3 {2}one@example\.org {2}its address stands in an earlier row/m)
    assert.equal(run.stderr, 'Imported 1, existing 0, refused 2.\n')
  })

  it('is an empty list without accounts, and says in its help what the file is', async () => {
    const cwd = installation()
    assert.equal((await sallyport(['user', 'export'], cwd)).stdout, '[]\n')
    assert.match((await sallyport(['user', 'export', '--help'], cwd)).stdout, /WITH THEIR PASSWORD HASHES/)
  })
})

describe('where bcrypt is not installed', () => {
  const hook = `import{registerHooks}from'node:module';registerHooks({resolve(name,context,next){
    if(name==='bcrypt')throw Object.assign(new Error('no'),{code:'ERR_MODULE_NOT_FOUND'});return next(name,context)}})`
  const without = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
  const hash = bcrypt.hashSync(password, 4)

  it('an import refuses its hashes and says what to install', async () => {
    const cwd = installation()
    const input = `email,passwordHash\na@example.org,${hash}\n`
    const run = await sallyport(['user', 'import', '-', '--format', 'csv'], cwd, { input, node: without })
    assert.equal(run.code, 1)
    assert.match(run.stdout, /^line 2 {2}a@example\.org .*npm install bcrypt$/m)
    assert.equal(countAccounts(cwd), 0)
  })

  it('a login fails as a fault that says what to install, and not as a wrong password', async () => {
    const cwd = temporaryDirectory('cli-no-bcrypt')
    const server = await startServer({
      cwd,
      command: [...without, join(checkout, 'src/server.ts'), 'development'],
      env: { RATE_LIMITS: 'off' },
    })
    try {
      const input = `email,passwordHash\na@example.org,${hash}\n`
      assert.equal((await sallyport(['user', 'import', '-', '--format', 'csv'], cwd, { input })).code, 0)
      const login = await createClient(server.url).post('/auth/login', { email: 'a@example.org', password })
      assert.deepEqual([login.status, login.body.code], [500, 'internal'])
      assert.ok(!JSON.stringify(login.body).includes('bcrypt'))
      await server.waitForLine(/npm install bcrypt/)
    } finally {
      await server.stop()
    }
  })
})

describe('a large import', () => {
  const measured = [
    '--import',
    `data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS '+process.resourceUsage().maxRSS+'%5Cn'))`,
  ]
  const hash = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

  async function importRows(count: number): Promise<{ seconds: number; kiB: number; fileKiB: number }> {
    const cwd = installation()
    const file = join(cwd, 'users.json')
    const padding = 'x'.repeat(8_000)
    const row = (number: number) => json({ email: `user${number}@example.org`, passwordHash: hash, padding })
    writeFileSync(file, `[${Array.from({ length: count }, (_, number) => row(number)).join(',\n')}]`)
    const startedAt = performance.now()
    const run = await sallyport(['user', 'import', file, '--format', 'json'], cwd, { node: measured })
    const seconds = (performance.now() - startedAt) / 1_000
    assert.match(run.stderr, new RegExp(`^Imported ${count}, existing 0, refused 0\\.`))
    const kiB = Number(/maxRSS (\d+)/.exec(run.stderr)?.[1])
    return { seconds, kiB, fileKiB: statSync(file).size / 1_024 }
  }

  it('of 20,000 rows takes seconds, and memory that does not grow with the file', async (t) => {
    const small = await importRows(1_000)
    const large = await importRows(20_000)
    t.diagnostic(`1,000 rows: ${json(small)}; 20,000 rows: ${json(large)}`)
    assert.ok(large.fileKiB > 150_000)
    assert.ok(large.kiB - small.kiB < 80_000, json({ small, large }))
    assert.ok(large.seconds < 60, json(large))
  })
})
