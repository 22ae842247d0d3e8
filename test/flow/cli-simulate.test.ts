/** `sallyport simulate`: that our servers pass it on a bad network, and that a server with a fault does not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { type Run, runCommand, serverFile, startCommand } from '../support/command-line.ts'
import { embedded, postgres } from '../support/engines.ts'
import { startFake, token } from '../support/fake-sallyport.ts'
import { freePort } from '../support/ports.ts'
import { type Installation, openInstallation, tally } from '../support/processes.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const grounds = [
  { name: 'the embedded store', engine: embedded, processes: 1 },
  { name: 'Postgres, two processes behind one address', engine: postgres, processes: 2 },
]

for (const { name, engine, processes } of grounds) {
  describe(`simulate, on ${name}`, { skip: engine.missing() }, () => {
    for (const loss of ['10%', '40%']) {
      it(`makes no fork, signs nobody out and raises no alarm with ${loss} lost (A-REF-02)`, async (t) => {
        const place = await openInstallation(t, { engine, processes })
        const url = await oneAddress(t, place)
        const args = ['simulate', url, '--loss', loss, '--rounds', '9', '--seconds', '60', '--json']
        const run = await runCommand([...args, '--seed', `seed of ${loss}`], { env: place.env })
        const report = JSON.parse(run.stdout || '{}')
        const { forks, signOuts, reuseAlarms, unexpected, findings, counts } = report
        assert.deepEqual([findings, run.stderr, run.code], [[], '', 0])
        assert.deepEqual([forks, signOuts, reuseAlarms, unexpected, report.ok], [0, 0, 0, 0, true])
        assert.deepEqual([counts.broken, counts.unfinished], [0, 0])
        assert.ok(counts.lostReplies > 0 && counts.survived > 0 && counts.renewals > 60, run.stdout)
        await assertTrail(place)
      })
    }
  })
}

/** What the servers themselves say of it. */
async function assertTrail({ desk }: Installation): Promise<void> {
  const { types, accounts } = await desk(async ({ stores }) => ({
    types: await stores.database.read('select type, detail from audit_events', []),
    accounts: await stores.read.accounts.list({ afterEmail: '', limit: 10 }),
  }))
  const said = tally(types.map(({ type }) => String(type)))
  const because = types
    .filter(({ type }) => type === 'session.ended')
    .map(({ detail }) => JSON.parse(String(detail)).because)
  assert.ok((said['refresh.rotated'] ?? 0) >= 18 && (said['refresh.repeated'] ?? 0) > 0, JSON.stringify(said))
  assert.deepEqual([said['refresh.reused'], because], [undefined, ['logged_out', 'logged_out']])
  // The account was made for it, and is gone.
  assert.deepEqual(accounts, [])
}

async function oneAddress(t: TestContext, { servers }: Installation): Promise<string> {
  const [first, ...more] = servers.map(({ port }) => ({ port }))
  assert.ok(first)
  const proxy = await startTcpProxy([first, ...more])
  t.after(proxy.close)
  return `http://127.0.0.1:${proxy.port}`
}

describe('simulate, against servers with a fault', () => {
  it('raises the alarm where the grace is nothing', async (t) => {
    const server = await startDevelopment(t, { REFRESH_GRACE: '0s' })
    const run = await runCommand(['simulate', server.url, '--rounds', '5', '--mode', 'refresh'])
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /^reuse alarm: .*took a token of one of our own clients for a stolen one/m)
    assert.match(run.stdout, /^sign-out: (app|tab \d, by stored token): signed out by 401 refresh_/m)
    assert.match(run.stdout, /support code \w{4}-\w{4}$/m)
    assert.match(run.stderr, /is REFRESH_GRACE long enough\? --seed \w+ makes the same losses again/)
  })

  it('finds the fork where a repeated token gets another successor', async (t) => {
    let made = 0
    const url = await startFake(t, {
      'POST /auth/refresh': () => [200, { ...token, refreshToken: `srt_${made++}`, refreshExpiresIn: 99 }],
    })
    const run = await simulateBriefly(url)
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /^ {2}forks +[1-9]/m)
    assert.match(run.stdout, /^fork: tab \d, by stored token: one refresh token had two successors/m)
    assert.match(run.stderr, /two chains of refresh tokens: do all servers share one store\?/)
  })

  it('finds the fork of which no client heard, too', async (t) => {
    let made = 0
    const url = await startFake(t, {
      'POST /auth/refresh': () => [200, { ...token, refreshToken: `srt_${made++}`, refreshExpiresIn: 99 }],
    })
    // An app alone repeats itself only where a reply was lost.
    const args = ['simulate', url, '--tabs', '1', '--mode', 'refresh', '--rounds', '3', '--loss', '60%']
    const run = await runCommand([...args, '--latency', '0ms', '--seconds', '30', '--seed', '1', '--json'])
    const report = JSON.parse(run.stdout)
    assert.deepEqual([run.code, report.ok], [1, false], run.stdout)
    assert.ok(report.forks > 0, run.stdout)
  })

  it('finds the tab that was signed out while nobody logged out', async (t) => {
    let asked = 0
    const refused = { code: 'session_ended', reason: 'revoked' }
    const url = await startFake(t, {
      'POST /auth/token': () => (++asked === 9 ? [401, refused] : [200, { ...token, refreshToken: 'srt_0' }]),
    })
    const run = await simulateBriefly(url, '--mode', 'cookie')
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /^ {2}sign-outs +1$/m)
    assert.match(
      run.stdout,
      /^sign-out: tab \d, by cookie: signed out by 401 session_ended \(revoked\), and/m,
    )
  })

  it('tells an alarm of which no client heard from the session that it ended', async (t) => {
    const url = await startFake(t, {
      'GET /auth/session': () => [200, { stage: 'anonymous', endedBecause: 'revoked' }],
    })
    const run = await simulateBriefly(url)
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /^reuse alarm: the browser: its session was revoked/m)
    assert.match(run.stdout, /^sign-out: the browser: has no session any more at the end \(revoked\)$/m)
  })

  it('takes a fault of the server for what it is', async (t) => {
    let asked = 0
    const url = await startFake(t, {
      'POST /auth/token': () => (++asked === 9 ? [500, { code: 'internal' }] : [200, token]),
    })
    const run = await simulateBriefly(url, '--mode', 'cookie')
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /^unexpected: tab \d, by cookie: got 500 \(internal\)$/m)
    assert.match(run.stdout, /^ {2}sign-outs +0$/m)
  })

  it('does not take a limit or a busy server for a sign-out', async (t) => {
    let asked = 0
    const url = await startFake(t, {
      'POST /auth/token': () => {
        asked++
        if (asked === 3) return [429, { code: 'rate_limited' }]
        return asked === 4 ? [503, { code: 'service_unavailable' }] : [200, token]
      },
    })
    const run = await simulateBriefly(url, '--mode', 'cookie')
    assert.equal(run.code, 0, run.stdout)
    assert.match(run.stdout, /^ {2}held back \(429\) +1: by the rate limit, which signs nobody out$/m)
    assert.match(run.stdout, /^ {2}not now \(503\) +1: /m)
    assert.equal(run.stderr, 'No fork, nobody signed out, no alarm.\n')
  })
})

describe('simulate, as a command', () => {
  it('is the same run again with the same seed', async (t) => {
    const url = await startFake(t, {})
    const args = ['simulate', url, '--loss', '30%', '--mode', 'cookie', '--rounds', '4', '--latency', '0ms']
    const countsOf = async (seed: string) => {
      const { stdout } = await runCommand([...args, '--seconds', '30', '--json', '--seed', seed])
      return JSON.parse(stdout).counts
    }
    const [first, again, other] = [await countsOf('a'), await countsOf('a'), await countsOf('b')]
    assert.deepEqual(again, first)
    assert.notDeepEqual(other, first)
  })

  it('ends with 130 on Ctrl-C, and logs out what it logged in', async (t) => {
    const loggedOut: string[] = []
    const url = await startFake(t, {
      'POST /auth/logout': () => {
        loggedOut.push('')
        return [200, { message: 'Logged out' }]
      },
    })
    const { child, ended } = startCommand(['simulate', url, '--seconds', '60'])
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended])
    child.kill('SIGINT')
    const { code, stderr } = await ended
    assert.equal(code, 130, stderr)
    assert.equal(loggedOut.length, 2)
  })

  it('says that nothing listens', async () => {
    const run = await runCommand(['simulate', `http://127.0.0.1:${await freePort()}`])
    assert.deepEqual([run.code, run.stdout], [69, ''])
    assert.match(run.stderr, /^Nothing listens at/)
  })

  it('names what is missing where nobody can be logged in', async (t) => {
    const url = await startFake(t, { 'GET /_dev/inbox': () => [404, { code: 'not_found' }] })
    const run = await runCommand(['simulate', url])
    assert.equal(run.code, 2)
    assert.match(run.stderr, /no dev inbox .* --email nora@example\.org --password-stdin --code-stdin/)
  })

  for (const [option, value] of Object.entries({
    '--tabs': '51',
    '--loss': '95%',
    '--latency': 'soon',
    '--mode': 'x',
  })) {
    it(`refuses ${option} ${value}`, async () => {
      const run = await runCommand(['simulate', 'localhost:1', option, value])
      assert.deepEqual([run.code, run.stdout], [2, ''])
      assert.match(run.stderr, new RegExp(option))
    })
  }
})

function startDevelopment(t: TestContext, env: Record<string, string>): Promise<ServerProcess> {
  const cwd = temporaryDirectory('simulate')
  return startServer({ cwd, env, command: [serverFile, 'development'] }).then((server) => {
    t.after(() => server.stop())
    return server
  })
}

function simulateBriefly(url: string, ...more: string[]): Promise<Run> {
  const args = ['simulate', url, '--rounds', '4', '--loss', '0%', '--latency', '20ms', '--seconds', '30']
  return runCommand([...args, ...more])
}
