import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { parseEnv } from 'node:util'
import { entryList } from '../../src/config/entries.ts'
import { writeFirstEnv } from '../../src/config/first-run.ts'
import { renderConfigurationDocs } from '../../src/config/render-docs.ts'
import { renderEnvExample } from '../../src/config/render-env-example.ts'
import { readSettings } from '../../src/config/settings.ts'

const secret = 'k3Wq9vT1xZ7bN5mR2pL8sD4fG6hJ0aYc'
const root = new URL('../../', import.meta.url)
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-config-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a secret may come from a file, whose last line break is not part of it', () => {
  const env = {
    SESSION_SECRET_FILE: file(`${secret},older-${secret}\n`),
    JWT_SECRET_FILE: file(`jwt-${secret}\r\n`),
    DATABASE_URL_FILE: file('postgres://me:secret@localhost/app'),
    REDIS_URL_FILE: file('redis://localhost\n'),
    SMTP_URL_FILE: file('smtp://localhost\n'),
  }
  const { settings, warnings } = readSettings(env, 'production')
  assert.deepEqual(settings.sessionSecrets, [secret, `older-${secret}`])
  assert.equal(settings.jwtSecret, `jwt-${secret}`)
  assert.deepEqual(settings.database, { kind: 'postgres', url: 'postgres://me:secret@localhost/app' })
  assert.equal(settings.redisUrl, 'redis://localhost')
  assert.equal(settings.smtpUrl, 'smtp://localhost')
  assert.deepEqual(warnings, [])
})

test('a secret file that cannot be used is a mistake in both modes', () => {
  for (const [path, wrong] of [
    [join(directory, 'nowhere'), 'the file cannot be read (ENOENT)'],
    [directory, 'the file cannot be read (EISDIR)'],
    [file('\n'), 'the file is empty'],
    [file(Buffer.from([0xff, 0xfe, 0x80])), 'the file is not UTF-8 text (encode random bytes as base64)'],
  ] as const) {
    const fix =
      wrong === 'the file is empty'
        ? 'Write the value into the file.'
        : 'Name a text file that the user of this server may read.'
    const mistakes = [{ name: 'SESSION_SECRET_FILE', wrong, fix }]
    assert.throws(() => readSettings({ SESSION_SECRET_FILE: path }, 'development'), { mistakes })
    assert.throws(() => readSettings({ SESSION_SECRET_FILE: path, SMTP_URL: 'smtp://mail' }, 'production'), {
      mistakes,
    })
  }
})

test('a secret in the environment and in a file is a mistake, a file for anything else is ignored', () => {
  assert.throws(() => readSettings({ JWT_SECRET: secret, JWT_SECRET_FILE: file(secret) }, 'development'), {
    mistakes: [
      {
        name: 'JWT_SECRET',
        wrong: 'JWT_SECRET_FILE is set as well',
        fix: 'Keep one of JWT_SECRET and JWT_SECRET_FILE.',
      },
    ],
  })
  assert.equal(readSettings({ PORT_FILE: file('6000') }, 'development').settings.port, 5000)
})

test('two lines in a secret file are one mistake', () => {
  assert.throws(() => readSettings({ SESSION_SECRET_FILE: file(`${secret}\n${secret}\n`) }, 'development'), {
    message: /^ {2}SESSION_SECRET: it holds an empty entry, a line break/m,
  })
})

test('docs/configuration.md and .env.example are what scripts/write-docs-configuration.ts writes', () => {
  assert.equal(readFileSync(new URL('docs/configuration.md', root), 'utf8'), renderConfigurationDocs())
  assert.equal(readFileSync(new URL('.env.example', root), 'utf8'), renderEnvExample())
})

test('.env.example begins with the three lines of the brief and names every setting once, under a comment', () => {
  const lines = renderEnvExample().split('\n')
  const settings = lines.filter((line) => /^(# )?[A-Z_]+=/.test(line))
  assert.deepEqual(settings.slice(0, 3), [
    'PORT=5000',
    'SESSION_SECRET=replace-this-with-the-output-of-npx-sallyport-secret',
    '# JWT_SECRET=',
  ])
  assert.deepEqual(
    settings.map((line) => line.replace(/^# |=.*$/g, '')),
    entryList.map(([name]) => name),
  )
  for (const line of settings) assert.match(lines[lines.indexOf(line) - 1] ?? '', /^# \S/)
  assert.deepEqual(Object.keys(parseEnv(renderEnvExample())), ['PORT', 'SESSION_SECRET'])
})

test('every line of .env.example is a valid setting once its # is taken away', () => {
  const text = renderEnvExample().replaceAll(/^# (?=[A-Z_]+=\S)/gm, '')
  const env = { ...parseEnv(text), NODE_ENV: 'development' }
  // NODE_ENV is in it; JWT_SECRET and DEV_TOOLS_KEY have no value that anybody should take over.
  const without = entryList
    .map(([name]) => name)
    .filter((name) => env[name as keyof typeof env] === undefined)
  assert.deepEqual(without, ['JWT_SECRET', 'DEV_TOOLS_KEY'])
  assert.deepEqual(
    readSettings(env, 'development').warnings.map(({ name }) => name),
    ['SESSION_SECRET', 'CLIENTS'],
  )
})

test('the first run writes an .env with a fresh secret that only its owner may read', () => {
  assert.equal(writeFirstEnv(directory), true)
  const path = join(directory, '.env')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const text = readFileSync(path, 'utf8')
  const { settings, warnings } = readSettings(parseEnv(text), 'development')
  assert.match(settings.sessionSecrets[0], /^[\w-]{43}$/)
  assert.deepEqual(warnings, [])
  assert.equal(writeFirstEnv(directory), false)
  assert.equal(readFileSync(path, 'utf8'), text)
})

test('the first run does not write through a link, and reports a directory that is not there', () => {
  symlinkSync(join(directory, 'elsewhere'), join(directory, '.env'))
  assert.equal(writeFirstEnv(directory), false)
  assert.throws(() => writeFirstEnv(join(directory, 'nowhere')), { code: 'ENOENT' })
})

let files = 0
function file(content: string | Buffer): string {
  const path = join(directory, `secret-${files++}`)
  writeFileSync(path, content)
  return path
}
