/** `sallyport demo` against running servers, as a newcomer and as a smoke test run it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { runCommand, serverFile, startCommand } from '../support/command-line.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { codeIn, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'

const canary = 'canary-4711-never-printed'
const names = ['login', 'code', 'token', 'protected', 'refresh', 'logout', 'after']

describe('demo, against a development server', () => {
  let server: ServerProcess
  before(async () => {
    const cwd = temporaryDirectory('demo')
    server = await startServer({ cwd, command: [serverFile, 'development'] })
  })
  after(() => server.stop())

  it('tells at each step what was sent, what came and what it means', async () => {
    const { code, stdout, stderr } = await runCommand(['demo', server.url])
    assert.deepEqual([code, stderr], [0, 'All of it holds.\n'])
    assert.deepEqual(
      [...stdout.matchAll(/^(\w+): (?:GET|POST) \/auth\S+ {2}\d+$/gm)].map(([, name]) => name),
      names,
    )
    assert.equal(stdout.match(/^ {2}means {5}[A-Z].*\.$/gm)?.length, names.length)
    assert.match(stdout, /^ {2}sent {6}\{"email":"test@test\.com","password":"•••"\}$/m)
    assert.match(stdout, /^ {2}cookie {4}sallyport\.sid=•••; Path=\/; .*HttpOnly/m)
  })

  it('shows no password, code, token or cookie, and no colour off a terminal', async () => {
    const since = await fetch(`${server.url}/_dev/inbox`).then((reply) => reply.json())
    const seen = (since as { mails: unknown[] }).mails.length
    const text = await runCommand(['demo', server.url], { env: { COLORTERM: 'truecolor' } })
    const json = await runCommand(['demo', server.url, '--json'])
    const inbox = await fetch(`${server.url}/_dev/inbox`).then((reply) => reply.json())
    const codes = (inbox as { mails: { code: string | null }[] }).mails
      .map(({ code }) => code)
      .filter(Boolean)
    assert.ok(codes.length > seen - 3 && codes.length > 1)
    for (const output of [text.stdout, text.stderr, json.stdout, json.stderr]) {
      assert.doesNotMatch(output, /"123456"|eyJ[\w-]{10}|srt_\w|s%3A/)
      assert.ok(!output.includes(String.fromCharCode(27)))
      for (const code of codes) assert.ok(!output.includes(`"${code}"`))
    }
  })

  it('is one document with --json', async () => {
    const { code, stdout, stderr } = await runCommand(['demo', server.url, '--json'])
    const report = JSON.parse(stdout)
    assert.deepEqual([code, stderr, report.ok, report.url], [0, '', true, server.url])
    assert.deepEqual(
      report.steps.map(({ step, ok, status }: Record<string, unknown>) => [step, ok, status]),
      names.map((name) => [name, true, name === 'after' ? 401 : 200]),
    )
  })

  it('stops at a wrong password, with code and fix of the problem', async () => {
    const { code, stdout, stderr } = await runCommand(['demo', server.url, '--password-stdin'], {
      input: canary,
    })
    assert.equal(code, 1)
    assert.match(stdout, /^login: POST \/auth\/login {2}401 failed$/m)
    assert.match(stdout, /^ {2}code {6}invalid_credentials$/m)
    assert.match(stdout, /^ {2}fix {7}Check the address and the password/m)
    assert.doesNotMatch(stdout, /verify-otp/)
    assert.ok(!`${stdout}${stderr}`.includes(canary))
  })

  it('asks for nothing where nobody can answer', async () => {
    const asked = await runCommand(['demo', server.url, '--email', 'nora@example.org', '--no-input'])
    assert.deepEqual([asked.code, asked.stdout], [2, ''])
    assert.match(asked.stderr, /--password-stdin < password\.txt/)
  })
})

describe('demo, against a production server', () => {
  const cwd = temporaryDirectory('demo-production')
  const password = 'a long walk by the river'
  const email = 'nora@example.org'
  let sink: SmtpSink
  let server: ServerProcess
  before(async () => {
    sink = await startSmtpSink()
    const env = { SESSION_SECRET: 'k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2', SMTP_URL: sink.url }
    server = await startServer({ cwd, env })
    const created = await runCommand(['user', 'create', email, '--password-stdin'], {
      cwd,
      env,
      input: password,
    })
    assert.equal(created.code, 0, created.stderr)
  })
  after(async () => {
    await server.stop()
    await sink.close()
  })
  const args = () => ['demo', server.url, '--email', email, '--password-stdin']

  it('takes the code from whoever reads the mail', async () => {
    const { child, ended } = startCommand([...args(), '--code-stdin'])
    child.stdin?.write(`${password}\n`)
    const code = codeIn(await sink.waitForMail({ to: email, subject: /code/i }))
    child.stdin?.write(`${code}\n`)
    const run = await ended
    assert.equal(run.code, 0, run.stdout + run.stderr)
    assert.match(run.stderr, /^Waiting for the code that was mailed to n••a@example\.org/)
    assert.ok(!run.stdout.includes(code) && !run.stdout.includes(password))
  })

  it('names the fix where nobody can be asked', async () => {
    const run = await runCommand([...args(), '--json'], { input: password })
    const { steps, ok } = JSON.parse(run.stdout)
    assert.deepEqual([run.code, ok, steps.at(-1).problem.code], [1, false, 'no_inbox'])
    assert.match(steps.at(-1).problem.fix, /--code-stdin/)
  })

  it('ends with 130 on Ctrl-C', async () => {
    const { child, ended } = startCommand([...args(), '--code-stdin'])
    const waits = new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk) => /Waiting for the code/.test(String(chunk)) && resolve())
    })
    child.stdin?.write(`${password}\n`)
    await waits
    child.kill('SIGINT')
    assert.equal((await ended).code, 130)
  })
})

describe('demo, where no Sallyport is', () => {
  it('says that nothing listens', async () => {
    const url = `http://localhost:${await freePort()}`
    const run = await runCommand(['demo', url, '--json'])
    const [step] = JSON.parse(run.stdout).steps
    assert.deepEqual([run.code, step.problem.code], [69, 'unreachable'])
    assert.equal(step.problem.detail, `Nothing listens at ${url}.`)
    assert.match(step.problem.fix, /^Start the server/)
  })

  it('tells another program from one', async (t) => {
    const stub = createServer((_req, res) => res.end('<h1>hello</h1>')).listen(0, '127.0.0.1')
    t.after(() => stub.close())
    await once(stub, 'listening')
    const run = await runCommand(['demo', `http://127.0.0.1:${(stub.address() as AddressInfo).port}`])
    assert.equal(run.code, 1)
    assert.match(run.stdout, /^ {2}because {3}The answer 200 is none of Sallyport's\.$/m)
  })

  it('refuses an address that is none', async () => {
    const run = await runCommand(['demo', 'ftp://localhost'])
    assert.equal(run.code, 2)
    assert.match(run.stderr, /Write the address of the server/)
  })
})
