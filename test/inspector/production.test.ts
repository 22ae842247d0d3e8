/** The tools of development are in no build and no package (ux.md 3.4 rule 1, UX-03). */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { ConfigView } from '../../src/inspector/wire.ts'
import { temporaryDirectory } from '../support/child-processes.ts'
import { createClient } from '../support/http-client.ts'
import { startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const root = join(import.meta.dirname, '../..')
const place = temporaryDirectory('build')

describe('the production build', () => {
  before(() => {
    for (const name of ['package.json', 'bin', 'CHANGELOG.md'])
      cpSync(join(root, name), join(place, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
    const tsc = join(root, 'node_modules/.bin/tsc')
    execFileSync(tsc, ['--project', join(root, 'tsconfig.build.json'), '--outDir', join(place, 'dist')], {
      cwd: root,
    })
  })

  it('has no file of them', () => {
    const built = globSync('dist/**/*', { cwd: place })
    assert.ok(built.includes('dist/server.js') && built.includes('dist/dev-tools.js'))
    assert.deepEqual(
      built.filter((path) => /inspector|dev-inbox|virtual-clock|lesson/.test(path)),
      [],
    )
    assert.doesNotMatch(readFileSync(join(place, 'dist/sallyport.js'), 'utf8'), /inspector\//)
  })

  it('is packed without them', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: place,
      encoding: 'utf8',
    })
    const files: string[] = JSON.parse(packed)[0].files.map(({ path }: { path: string }) => path)
    assert.ok(files.includes('dist/server.js'))
    assert.deepEqual(
      files.filter((path) => /inspector/.test(path)),
      [],
    )
  })

  it('answers /_dev like any unknown path', async () => {
    const server = await start({ NODE_ENV: 'production', SMTP_URL: 'smtp://127.0.0.1:1' })
    const client = createClient(server.url)
    const unknown = await client.get('/_xyz')
    for (const path of ['/_dev', '/_dev/flows', '/_dev/inbox/latest', '/_dev/assets/main.ts']) {
      const reply = await client.get(path)
      const bytes = ({ status, headers, body }: typeof reply) =>
        JSON.stringify([status, { ...headers, date: '' }, body])
          .replaceAll(reply.body.instance, '')
          .replaceAll(unknown.body.instance, '')
      assert.equal(reply.status, 404)
      assert.equal(bytes(reply), bytes(unknown))
    }
    client.close()
    await server.stop()
  })

  it('runs as development without them, with codes in the terminal, and says so', async () => {
    const server = await start({ NODE_ENV: 'development' })
    const client = createClient(server.url)
    await server.waitForLine(/flow inspector is not in this package/)
    const login = await client.post('/auth/login', { email: 'test@test.com', password: '123456' })
    assert.equal(login.status, 200)
    const line = await server.waitForLine(/^Generated OTP: \d{6}$/)
    const verified = await client.post('/auth/verify-otp', { otp: line.slice(-6) })
    assert.equal(verified.status, 200)
    assert.equal((await client.get('/_dev')).status, 404)
    assert.ok(!server.output().includes('/_dev'))
    client.close()
    await server.stop()
  })
})

describe('the development server', () => {
  it('drains at once while a page listens', async () => {
    const server = await startServer({
      command: [join(root, 'src/server.ts')],
      env: {
        NODE_ENV: 'development',
        DATABASE_URL: 'memory:',
        SESSION_SECRET: 'kkk9d8f7a6s5d4f3g2h1j0k9l8m7n6b5v4c',
      },
    })
    await server.waitForLine(/Inspector +http:\/\/localhost:\d+\/_dev /)
    const stream = await fetch(`${server.url}/_dev/events`)
    assert.equal(stream.status, 200)
    const config = (await (await fetch(`${server.url}/_dev/config`)).json()) as ConfigView
    assert.equal(config.settings.find(({ name }) => name === 'SESSION_SECRET')?.value, 'set')
    const began = performance.now()
    assert.equal(await server.stop(), 0)
    assert.ok(performance.now() - began < 3_000)
    await eventually(() => stream.text().then(() => true), { withinMs: 1_000 })
  })
})

function start(env: Record<string, string>) {
  return startServer({
    command: [join(place, 'dist/server.js')],
    cwd: place,
    env: { DATABASE_URL: 'memory:', SESSION_SECRET: '9d8f7a6s5d4f3g2h1j0k9l8m7n6b5v4cqwertz', ...env },
  })
}
