/** `sallyport doctor`: what it finds at a whole installation, and at broken ones. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { after, before, describe, it, type TestContext } from 'node:test'
import { installation, type Run, runCommand, serverFile, startCommand } from '../support/command-line.ts'
import { postgres } from '../support/engines.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

const secret = 'k3Vt9-Zq1mXc7Lw0RbYp5NsHdJf8GuEa2'
type Finding = { check: string; state: string; says: string; fix?: string }

function findingsOf(run: Run): Finding[] {
  return JSON.parse(run.stdout).findings
}

function stateOf(run: Run, check: string): string[] {
  return findingsOf(run).flatMap((finding) => (finding.check === check ? [finding.state] : []))
}

function sayingOf(run: Run, check: string): string {
  return findingsOf(run)
    .filter((finding) => finding.check === check)
    .map(({ says, fix = '' }) => `${says} ${fix}`)
    .join('\n')
}

type Installed = {
  server: ServerProcess
  cwd: string
  doctor(args?: string[], env?: Record<string, string>): Promise<Run>
}

/** A development server and its directory, as `npm run dev` leaves them. */
async function install(lines: string[] = []): Promise<Installed> {
  const port = await freePort()
  const cwd = installation([`SESSION_SECRET=${secret}`, `PORT=${port}`, ...lines])
  const server = await startServer({ cwd, port, command: [serverFile, 'development'] })
  const doctor = (args: string[] = ['--json'], env: Record<string, string> = {}) =>
    runCommand(['doctor', ...args], { cwd, env })
  return { server, cwd, doctor }
}

async function accountsOf(cwd: string): Promise<string[]> {
  const { stdout } = await runCommand(['user', 'list', '--json'], { cwd })
  return JSON.parse(stdout).map(({ email }: { email: string }) => email)
}

describe('doctor, at a whole installation', () => {
  let place: Installed
  before(async () => {
    place = await install(['CORS_ORIGINS=http://localhost:3000'])
  })
  after(() => place.server.stop())

  it('finds nothing that failed, and leaves nothing behind', async () => {
    const run = await place.doctor()
    assert.deepEqual([run.code, run.stderr], [0, ''])
    const { ok, url } = JSON.parse(run.stdout)
    assert.deepEqual([ok, url], [true, place.server.url])
    const wanted = 'store migrations keys mail server clock discovery login cookie proxy'.split(' ')
    for (const check of wanted) assert.deepEqual(stateOf(run, check), ['ok'], check)
    assert.deepEqual(stateOf(run, 'production'), ['warn'])
    assert.deepEqual(await accountsOf(place.cwd), ['test@test.com'])
    const trail = await runCommand(['audit', 'verify', '--json'], { cwd: place.cwd })
    assert.equal(JSON.parse(trail.stdout).ok, true)
    const inbox = await fetch(`${place.server.url}/_dev/inbox`).then((reply) => reply.text())
    assert.doesNotMatch(inbox, /doctor\.invalid/)
  })

  it('prints a line each, and none of them holds a secret', async () => {
    const run = await place.doctor([])
    assert.deepEqual([run.code, run.stderr], [0, 'Nothing failed.\n'])
    assert.match(
      run.stdout,
      /^ok {7}login {11}login, code, token, protected route, refresh and logout hold$/m,
    )
    assert.match(run.stdout, /^warn {5}production {6}SMTP_URL: .*\n {9}fix {13}\S/m)
    assert.doesNotMatch(run.stdout, new RegExp(`${secret}|eyJ[\\w-]{10}|srt_\\w|s%3A`))
  })

  it('sees what a page of an allowed origin would see', async () => {
    const run = await place.doctor(['--json', '--origin', 'http://localhost:3000'])
    assert.equal(run.code, 0)
    for (const check of ['origin', 'site', 'readable', 'login']) {
      assert.deepEqual(stateOf(run, check), ['ok'], check)
    }
  })

  it('sees what a page of another origin would see, with the fix', async () => {
    const run = await place.doctor(['--json', '--origin', 'https://app.example'])
    assert.equal(run.code, 1)
    for (const check of ['origin', 'site', 'readable', 'login']) {
      assert.deepEqual(stateOf(run, check), ['fail'], check)
    }
    assert.match(sayingOf(run, 'origin'), /CORS_ORIGINS=https:\/\/app\.example/)
    assert.match(sayingOf(run, 'login'), /cross_site_request/)
    assert.deepEqual(await accountsOf(place.cwd), ['test@test.com'])
  })

  it('finds a mail server that is wrong, by a real dialogue', async (t) => {
    const sink = await startSmtpSink({ credentials: { user: 'sallyport', password: 'right-password' } })
    t.after(() => sink.close())
    const at = `127.0.0.1:${sink.port}`
    const wrong = await place.doctor(['--json'], { SMTP_URL: `smtp://sallyport:canary-4711-secret@${at}` })
    assert.deepEqual([wrong.code, stateOf(wrong, 'mail')], [1, ['fail']])
    assert.match(
      sayingOf(wrong, 'mail'),
      /did not accept the login .*Check user name and password in SMTP_URL/s,
    )
    assert.doesNotMatch(wrong.stdout + wrong.stderr, /canary-4711/)
    const right = await place.doctor(['--json'], { SMTP_URL: `smtp://sallyport:right-password@${at}` })
    assert.deepEqual([right.code, stateOf(right, 'mail')], [0, ['ok']])
    assert.deepEqual(sink.mails, [])
  })

  it('finds another SESSION_SECRET than that of the server, and signs nothing with it', async () => {
    const run = await place.doctor(['--json'], { SESSION_SECRET: `another-${secret}` })
    assert.deepEqual([run.code, stateOf(run, 'login')], [1, ['unknown']])
    assert.deepEqual([stateOf(run, 'keys'), stateOf(run, 'secret')], [['fail'], ['fail']])
    const trail = await runCommand(['audit', 'verify', '--json'], { cwd: place.cwd })
    assert.deepEqual(JSON.parse(trail.stdout).faults, [])
  })

  it('finds codes that are made in another way than the server makes them', async () => {
    const run = await place.doctor(['--json'], { OTP_LENGTH: '8' })
    assert.deepEqual([run.code, stateOf(run, 'login')], [1, ['fail']])
    assert.deepEqual(await accountsOf(place.cwd), ['test@test.com'])
  })

  it('finds another store than that of the server', async () => {
    const cwd = installation([`SESSION_SECRET=${secret}`])
    await runCommand(['migrate'], { cwd })
    const run = await runCommand(['doctor', place.server.url, '--json'], { cwd })
    assert.equal(run.code, 1)
    assert.match(sayingOf(run, 'login'), /the server does not know the account/)
    assert.match(sayingOf(run, 'discovery'), /byte for byte/)
  })

  it('tells all mistakes of the settings together, and goes on with the server', async () => {
    const run = await place.doctor([place.server.url, '--json'], { OTP_TTL: 'soon', TRUST_PROXY: 'true' })
    assert.equal(run.code, 1)
    assert.deepEqual(stateOf(run, 'settings').slice(0, 2), ['fail', 'fail'])
    assert.deepEqual([stateOf(run, 'server'), stateOf(run, 'login')], [['ok'], ['unknown']])
  })

  it('removes its account on Ctrl-C, in the middle of the login', async (t) => {
    let isHeld = false
    const url = await startProxy(t, place.server.port, (req, pass) => {
      if (req.url === '/auth/token') isHeld = true
      else pass()
    })
    const { child, ended } = startCommand(['doctor', url], { cwd: place.cwd })
    await eventually(() => assert.ok(isHeld))
    assert.equal((await accountsOf(place.cwd)).length, 2)
    child.kill('SIGINT')
    const run = await ended
    assert.equal(run.code, 130)
    assert.match(run.stderr, /^Interrupted: tidying up/)
    assert.deepEqual(await accountsOf(place.cwd), ['test@test.com'])
  })

  it('finds a proxy whose address takes the place of everybody', {
    skip: ownAddress() === undefined,
  }, async (t) => {
    const url = await startProxy(t, place.server.port, (_req, pass) => pass(), ownAddress())
    const run = await place.doctor([url, '--json'])
    assert.deepEqual([run.code, stateOf(run, 'proxy'), stateOf(run, 'login')], [1, ['fail'], ['ok']])
    assert.match(sayingOf(run, 'proxy'), /the server sees 127\.0\.0\.1, .*TRUST_PROXY=1/)
    assert.deepEqual(stateOf(run, 'cookie'), ['warn'])
  })
})

describe('doctor, at other installations', () => {
  it('warns of what JWT_SECRET brings, and of limits that are off', async (t) => {
    const place = await install(['JWT_SECRET=w8Qe4-Tn6vBz2KxMc9RyLp0HsJd5GfUa7', 'RATE_LIMITS=off'])
    t.after(() => place.server.stop())
    const run = await place.doctor()
    assert.deepEqual([run.code, stateOf(run, 'keys published')], [0, ['warn']])
    assert.match(sayingOf(run, 'keys published'), /foreign verifiers cannot work/)
    assert.match(sayingOf(run, 'settings'), /RATE_LIMITS: it is off/)
  })

  it('finds a server that believes X-Forwarded-For of anybody who reaches it', async (t) => {
    const place = await install(['TRUST_PROXY=1'])
    t.after(() => place.server.stop())
    const run = await place.doctor()
    assert.deepEqual([run.code, stateOf(run, 'proxy')], [0, ['warn']])
    assert.match(sayingOf(run, 'proxy'), /Without a proxy: TRUST_PROXY=0/)
  })

  it('looks into Postgres and at its clock', { skip: postgres.missing() }, async (t) => {
    const engine = await postgres.open()
    t.after(() => engine.cleanUp())
    const place = await install(Object.entries(engine.env).map(([name, value]) => `${name}=${value}`))
    t.after(() => place.server.stop())
    const run = await place.doctor()
    assert.equal(run.code, 0, run.stdout)
    for (const check of ['store', 'store clock', 'login'])
      assert.deepEqual(stateOf(run, check), ['ok'], check)
  })

  it('finds a clock that is off', async (t) => {
    const url = await startStub(t, (res) => {
      res.sendDate = false
      res.setHeader('Date', new Date(Date.now() + 3_600_000).toUTCString())
    })
    const run = await runCommand(['doctor', url, '--json'])
    assert.deepEqual([run.code, stateOf(run, 'clock')], [1, ['fail']])
    assert.match(sayingOf(run, 'clock'), /is (1 h|59 min 5\d s) ahead of this machine's .*NTP/)
  })

  it('says 69 where nothing could be reached, and 1 where only the server is away', async () => {
    const url = `http://localhost:${await freePort()}`
    const env = {
      SESSION_SECRET: secret,
      DATABASE_URL: 'postgres://sallyport:canary-4711@127.0.0.1:1/sallyport',
    }
    const nothing = await runCommand(['doctor', url, '--json'], { env })
    assert.deepEqual(
      [nothing.code, stateOf(nothing, 'server'), stateOf(nothing, 'store')],
      [69, ['fail'], ['fail']],
    )
    assert.doesNotMatch(nothing.stdout + nothing.stderr, /canary-4711/)
    const cwd = installation([`SESSION_SECRET=${secret}`])
    await runCommand(['migrate'], { cwd })
    const away = await runCommand(['doctor', url, '--json'], { cwd })
    assert.deepEqual([away.code, stateOf(away, 'store')], [1, ['ok']])
  })

  it('makes no store where none is', async () => {
    const cwd = installation([`SESSION_SECRET=${secret}`])
    const run = await runCommand(['doctor', '--json'], { cwd })
    assert.deepEqual(stateOf(run, 'store'), ['warn'])
    assert.match(sayingOf(run, 'store'), /there is none in \.\/data yet/)
    assert.equal((await runCommand(['migrate', '--status'], { cwd })).stdout.includes('applied'), false)
  })
})

/** Passes on to the server, as a reverse proxy that adds nothing. */
async function startProxy(
  t: TestContext,
  port: number,
  onRequest: (req: IncomingMessage, pass: () => void) => void,
  host = '127.0.0.1',
): Promise<string> {
  const proxy = createServer((req, res) => onRequest(req, () => passOn(req, res, port)))
  proxy.listen(0, host)
  t.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  await once(proxy, 'listening')
  return `http://${host}:${(proxy.address() as AddressInfo).port}`
}

function passOn(req: IncomingMessage, res: ServerResponse, port: number): void {
  const { method, url, headers } = req
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(res)
  })
  onward.on('error', () => res.destroy())
  req.pipe(onward)
}

async function startStub(t: TestContext, change: (res: ServerResponse) => void): Promise<string> {
  const stub = createServer((req, res) => {
    change(res)
    res.setHeader('Content-Type', 'application/json')
    res.end(req.url === '/healthz' ? '{"status":"ok"}' : '{}')
  })
  stub.listen(0, '127.0.0.1')
  t.after(() => stub.close())
  await once(stub, 'listening')
  return `http://127.0.0.1:${(stub.address() as AddressInfo).port}`
}

/** Of this machine, not loopback. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address
}
