/** `npm run dev`: the supervisor that starts the server again when its source or its settings change. */
import assert from 'node:assert/strict'
import { appendFileSync, cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import {
  type ServerOptions,
  type ServerProcess,
  StartFailure,
  startServer,
} from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const checkout = join(import.meta.dirname, '../..')

/** A copy, so that neither this test nor whoever edits the checkout meanwhile restarts the other's server. */
function copyOfSource(): string {
  const root = temporaryDirectory('cli-dev')
  cpSync(join(checkout, 'src'), join(root, 'src'), { recursive: true })
  cpSync(join(checkout, 'package.json'), join(root, 'package.json'))
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'))
  return root
}

function startDevelopment(root: string, options: ServerOptions = {}): Promise<ServerProcess> {
  return startServer({ cwd: root, command: [join(root, 'src/cli/dev.ts')], ...options })
}

const countOf = (server: ServerProcess, pattern: RegExp) =>
  server.lines.filter((line) => pattern.test(line)).length
const banner = /^Sallyport .* development/
const bannersAre = (server: ServerProcess, count: number) =>
  eventually(() => assert.equal(countOf(server, banner), count, server.output()))

async function nobodyListens(server: ServerProcess): Promise<void> {
  await eventually(() => assert.rejects(createClient(server.url).get('/healthz')))
}

describe('the supervisor of npm run dev', () => {
  it('restarts on a change of the source and of .env, and survives a broken one', async () => {
    const root = copyOfSource()
    const server = await startDevelopment(root)
    await bannersAre(server, 1)
    assert.match(server.output(), /^Wrote \.env with fresh secrets\.$/m)

    appendFileSync(join(root, 'src/version.ts'), '\n// a change\n')
    appendFileSync(join(root, 'src/version.ts'), '// and one more\n')
    await server.waitForLine(/^restarting: src\/version\.ts changed$/)
    await bannersAre(server, 2)

    writeFileSync(join(root, '.env'), readFileSync(join(root, '.env'), 'utf8'))
    appendFileSync(join(root, '.env'), '\nOTP_LENGTH=7\n')
    await server.waitForLine(/^restarting: \.env changed$/)
    await bannersAre(server, 3)

    const whole = readFileSync(join(root, 'src/app.ts'), 'utf8')
    writeFileSync(join(root, 'src/app.ts'), `${whole}\nthrow new Error('a slip')\n`)
    await server.waitForLine(/^waiting for a change$/)
    writeFileSync(join(root, 'src/app.ts'), whole)
    await bannersAre(server, 4)
    assert.equal(countOf(server, /^restarting: /), 4)

    assert.equal(await server.stop(), 0)
    await nobodyListens(server)
  })

  it('passes SIGINT on and ends with a clean drain', async () => {
    const server = await startDevelopment(copyOfSource())
    server.signal('SIGINT')
    assert.equal(await server.exited, 0)
    await nobodyListens(server)
  })

  it('leaves no server behind, even when it is killed', async () => {
    const server = await startDevelopment(copyOfSource())
    process.kill(server.pid, 'SIGKILL')
    await nobodyListens(server)
  })

  it('leaves no server behind when npm is ended, which tells only its shell', async () => {
    const root = copyOfSource()
    // What npm does: a shell with the script in it, and npm's environment.
    const env = { npm_lifecycle_event: 'dev' }
    const script = `const { spawn } = require('node:child_process')
      const shell = spawn('sh', ['-c', '"$0" src/cli/dev.ts; exit $?', process.execPath], { stdio: 'inherit' })
      process.on('SIGTERM', () => shell.kill('SIGTERM'))
      shell.on('exit', (code) => process.exit(code ?? 143))`
    const server = await startServer({ cwd: root, command: ['-e', script], env })
    server.signal('SIGTERM')
    await nobodyListens(server)
  })

  for (const [name, command] of [
    ['npm run dev', [join(checkout, 'src/cli/dev.ts')]],
    ['sallyport dev', [join(checkout, 'bin/sallyport.js'), 'dev']],
    ['sallyport start', [join(checkout, 'bin/sallyport.js'), 'start']],
  ] as const) {
    it(`${name}: a port in use is one line and exit code 1`, async () => {
      const port = await freePort()
      const holder = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
      const mail = { SMTP_URL: 'smtp://127.0.0.1:2525', SESSION_SECRET: 'k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2' }
      const failure = await failedStart({ command: [...command], port, env: mail })
      holder.close()
      assert.equal(failure.exitCode, 1)
      assert.equal(
        failure.output,
        `Port ${port} is in use. Stop what listens there, or choose another: PORT=${port + 1}`,
      )
    })
  }

  it('ends with 78 and all mistakes when the settings are wrong', async () => {
    const command = [join(checkout, 'src/cli/dev.ts')]
    const failure = await failedStart({ command, env: { OTP_LENGTH: '2', OTP_TTL: 'soon' } })
    assert.equal(failure.exitCode, 78)
    assert.match(failure.output, /^ {2}OTP_TTL: /m)
    assert.match(failure.output, /^ {2}OTP_LENGTH: /m)
  })
})

async function failedStart(options: ServerOptions): Promise<StartFailure> {
  const cwd = temporaryDirectory('cli-dev')
  const failure = await startServer({ cwd, ...options }).then(
    () => assert.fail('it started'),
    (reason: unknown) => reason,
  )
  assert.ok(failure instanceof StartFailure, String(failure))
  assert.equal(existsSync(join(cwd, 'data')), false)
  return failure
}
