/** The real services of the test ground: Postgres, Redis, the mail sink. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTransport, type SendMailOptions } from 'nodemailer'
import pg from 'pg'
import { createCertificate } from '../support/certificate.ts'
import { deployments } from '../support/engines.ts'
import { postgresMissing, startPostgres } from '../support/postgres.ts'
import { redisServerMissing, startRedis } from '../support/redis.ts'
import { startRedisCluster, startRedisSentinel } from '../support/redis-topologies.ts'
import { eventually } from '../support/services.ts'
import { codeIn, startSmtpSink } from '../support/smtp-sink.ts'
import { startStatementProxy } from '../support/statement-proxy.ts'

for (const engine of deployments) {
  describe(`the engine ${engine.name}`, { skip: engine.missing() }, () => {
    it('opens twice without sharing anything, and cleans up', async () => {
      const [one, two] = [await engine.open(), await engine.open()]
      assert.notDeepEqual(one.env, two.env)
      await one.cleanUp()
      await two.cleanUp()
    })
  })
}

describe('a Postgres of its own', { skip: postgresMissing() }, () => {
  it('keeps what was committed through kill -9, and freezes', async (t) => {
    const server = await startPostgres()
    t.after(server.close)
    const url = await server.createDatabase()
    await sql(url, `create table t (n int)`, `insert into t values (1)`)
    await server.stopHard()
    await assert.rejects(sql(url, 'select 1'))
    await server.start()
    assert.deepEqual(await sql(url, 'select n from t'), [{ n: 1 }])

    server.freeze()
    const answer = sql(url, 'select n from t')
    assert.equal(await Promise.race([answer.then(() => 'answered'), sleep(200, 'frozen')]), 'frozen')
    server.thaw()
    await answer
    await server.stop()
    await server.start()
    assert.deepEqual(await server.admin('show fsync'), [{ fsync: 'on' }])

    const proxy = await startStatementProxy(url)
    t.after(proxy.close)
    await sql(proxy.url, 'insert into t values (2)')
    assert.equal(proxy.statements(), 1)
    proxy.cutAt(2, 'before')
    await assert.rejects(sql(proxy.url, 'begin', 'insert into t values (3)', 'commit'))
    proxy.cutAt(3, 'after')
    await assert.rejects(sql(proxy.url, 'begin', 'insert into t values (4)', 'commit'))
    assert.deepEqual(await sql(proxy.url, 'select n from t order by n'), [{ n: 1 }, { n: 2 }, { n: 4 }])
  })
})

describe('a Redis of its own', { skip: redisServerMissing() }, () => {
  it('flushes, stops, starts and freezes', async (t) => {
    const redis = await startRedis({ 'maxmemory-policy': 'allkeys-lru' })
    t.after(redis.close)
    await redis.command('SET', 'a', '1')
    await redis.flush()
    assert.equal(await redis.command('GET', 'a'), null)
    await redis.stop()
    await assert.rejects(redis.command('PING'))
    await redis.start()
    redis.freeze()
    const pong = redis.command('PING')
    assert.equal(await Promise.race([pong, sleep(100, 'frozen')]), 'frozen')
    redis.thaw()
    assert.equal(await pong, 'PONG')
  })

  it('runs as a cluster, and as a sentinel that promotes the replica', async () => {
    const [cluster, sentinel] = await Promise.all([startRedisCluster(), startRedisSentinel()])
    assert.match(cluster.url, /^redis\+cluster:/)
    assert.equal(await cluster.command('SET', 'a', '1'), 'OK')
    assert.equal(await sentinel.masterPort(), sentinel.master.port)
    await sentinel.master.stop()
    await eventually(async () => assert.equal(await sentinel.masterPort(), sentinel.replica.port))
    await Promise.all([cluster.close(), sentinel.close()])
  })
})

describe('the mail sink', () => {
  const mail = { from: 'gate@test.com', to: 'Ann <ann@test.com>', subject: 'Code', text: 'In 2026: 012345' }

  it('keeps mails and their dialogue, and gives each out once', async (t) => {
    const sink = await startSmtpSink()
    t.after(sink.close)
    const first = sink.waitForMail({ to: 'ann@test.com' })
    await send(t, sink.url, mail)
    await send(t, sink.url, { ...mail, text: 'Code 999999' })
    const received = await first
    assert.equal(codeIn(received), '012345')
    assert.deepEqual([received.to, received.recipients], [['ann@test.com'], ['ann@test.com']])
    assert.equal(received.transcript.filter((line) => line.startsWith('C: RCPT TO')).length, 1)
    assert.equal(codeIn(await sink.waitForMail({ to: 'ann@test.com' })), '999999')
    await assert.rejects(sink.waitForMail({ to: 'ann@test.com' }, 50), /No mail for ann@test.com/)
  })

  it('fails as scripted', async (t) => {
    const sink = await startSmtpSink()
    t.after(sink.close)
    sink.script([
      { at: 'rcpt', reply: 451 },
      { at: 'connect', reply: 554 },
      { at: 'data', reply: 'drop' },
    ])
    await assert.rejects(send(t, sink.url, mail), { responseCode: 554 })
    await assert.rejects(send(t, sink.url, mail), { responseCode: 451 })
    await assert.rejects(send(t, sink.url, mail))
    assert.equal(sink.mails.length, 1)
    sink.script([{ at: 'connect', reply: 'hang', times: 2 }])
    const hanging = send(t, sink.url, mail)
    await sleep(50)
    await sink.stop()
    await assert.rejects(hanging)
    await assert.rejects(send(t, sink.url, mail), { code: /ECONN|ESOCKET/ })
    sink.script([])
    await sink.start()
    await send(t, sink.url, mail)
    assert.equal(sink.mails.length, 2)
  })

  for (const mode of ['implicit', 'starttls'] as const) {
    it(`speaks TLS (${mode}) with credentials`, async (t) => {
      const certificate = createCertificate()
      const sink = await startSmtpSink({
        tls: { mode, certificate },
        credentials: { user: 'me', password: 'p@ss' },
      })
      t.after(sink.close)
      await assert.rejects(send(t, sink.url, mail), /self-signed certificate/)
      await send(t, sink.url, mail, certificate.cert)
      assert.equal(sink.mails[0]?.secure, true)
    })
  }
})

async function send(t: TestContext, url: string, mail: SendMailOptions, ca?: Buffer): Promise<void> {
  const transport = createTransport({ url, ...(ca ? { tls: { ca } } : {}) })
  t.after(() => transport.close())
  await transport.sendMail(mail)
}

async function sql(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end().catch(() => {})
  }
}
