/** F-KILL-03, I6: connections that break at the worst moment end a request, never the process. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { createAccount } from '../../src/flow/accounts.ts'
import { postgres } from '../support/engines.ts'
import { openGate, sessionSecret } from '../support/gate.ts'
import { postgresMissing, startPostgres } from '../support/postgres.ts'
import { startServer } from '../support/server-process.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

describe('F-KILL-03: a client that resets its connection', () => {
  it('does not end the server, whatever headers it sent', async (t) => {
    const sink = await startSmtpSink()
    t.after(() => sink.close())
    const server = await startServer({
      env: {
        DATABASE_URL: 'memory:',
        SESSION_SECRET: sessionSecret,
        SMTP_URL: sink.url,
      },
    })
    t.after(() => server.stop())

    for (let round = 0; round < 20; round++) await resetInTheMiddle(server.port)

    const health = await fetch(`http://127.0.0.1:${server.port}/healthz`)
    assert.equal(health.status, 200)
  })
})

/** Half a body behind an X-Forwarded-For, then a reset: the server has to refuse it without an address to log. */
function resetInTheMiddle(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n' +
          'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email":',
      )
      setTimeout(() => {
        socket.resetAndDestroy()
        setTimeout(resolve, 10)
      }, 10)
    })
    // The reset is ours, and may come back as an error.
    socket.on('error', () => resolve())
  })
}

describe('F-KILL-03: a Postgres that is killed while it answers', { skip: postgresMissing() }, () => {
  it('costs the requests under way, and the next ones find the new server', async (t) => {
    const server = await startPostgres()
    t.after(() => server.close())
    const url = await server.createDatabase()
    const engine = {
      ...postgres,
      open: async () => ({
        database: { kind: 'postgres' as const, url },
        env: { DATABASE_URL: url },
        cleanUp: async () => {},
      }),
    }
    const gate = await openGate(t, { engine })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const faults: unknown[] = []
    const note = (reason: unknown) => faults.push(reason)
    process.on('uncaughtException', note)
    t.after(() => process.off('uncaughtException', note))

    const asked = Array.from({ length: 40 }, () => client.post('/auth/token', { refresh: true }))
    await server.stopHard()
    const answers = await Promise.all(asked)
    for (const { status } of answers) assert.ok([200, 503].includes(status), `status ${status}`)
    await server.start()

    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    assert.deepEqual(faults, [])
  })
})

describe('F-DEPLOY-01: a newer version adds a column beside a running server', {
  skip: postgresMissing(),
}, () => {
  it('changes nothing for the older one', async (t) => {
    const gate = await openGate(t, { engine: postgres })
    const ada = await gate.makeAccount()
    await gate.enter(ada)
    const { database } = gate.sallyport().inside.gate.stores
    for (const table of [
      'accounts',
      'sessions',
      'challenges',
      'mail_outbox',
      'audit_events',
      'signing_keys',
    ]) {
      await database.atomically(({ script }) => script(`alter table ${table} add column of_tomorrow text`))
    }

    const client = await gate.enter(ada)
    assert.equal((await client.post('/auth/token', { refresh: true })).status, 200)
    const desk = gate.sallyport().inside.gate
    const created = await createAccount(desk, {
      email: 'bob@example.test' as never,
      password: 'a password',
      by: 'command',
    })
    assert.ok(created)
    assert.deepEqual((await desk.stores.read.audit.verify()).faults, [])
  })
})

describe('a very long e-mail address, with the limits in Postgres', { skip: postgresMissing() }, () => {
  it('is refused as unknown, like any other', async (t) => {
    const gate = await openGate(t, { engine: postgres, env: { RATE_LIMITS: 'on' } })
    const email = `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.test`
    const reply = await gate.client().post('/auth/login', { email, password: 'some password' })
    assert.equal(reply.status, 401)
  })
})
