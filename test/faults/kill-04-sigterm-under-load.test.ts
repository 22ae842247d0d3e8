/** F-KILL-04: SIGTERM while requests are under way: each is answered, nothing new is taken, the outbox is kept. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { engines } from '../support/engines.ts'
import { openInstallation, outcomeOf, type TestAccount, tally } from '../support/processes.ts'
import { eventually } from '../support/services.ts'
import { codeIn } from '../support/smtp-sink.ts'

for (const engine of engines) {
  describe(`SIGTERM under load, ${engine.name}`, { skip: engine.missing() }, () => {
    it('answers requests whose body is still on its way', async (t) => {
      const place = await openInstallation(t, { engine })
      const ada = await place.makeAccount()
      const held = await Promise.all(Array.from({ length: 10 }, () => holdLogin(place.port, ada)))
      place.servers[0]?.signal('SIGTERM')
      await sleep(300)
      assert.deepEqual(await Promise.all(held.map((send) => send())), Array(10).fill(200))
      assert.equal(await place.servers[0]?.exited, 0)
    })

    it('answers what was sent before, ends with 0, and mails what was promised after the next start', async (t) => {
      const place = await openInstallation(t, { engine })
      const accounts: TestAccount[] = []
      for (let seat = 0; seat < 5; seat++) accounts.push(await place.makeAccount())
      await place.sink.stop()

      const clients = Array.from({ length: 40 }, () => place.client())
      const logins = clients.map((client, index) => {
        const { email, password } = accounts[index % 5] ?? { email: '', password: '' }
        return client.post('/auth/login', { email, password })
      })
      // Some are being answered, some wait for their hash, and some the kernel has accepted and the process hasn't.
      await Promise.race(logins)
      const [server] = place.servers
      const startedAt = performance.now()
      server?.signal('SIGTERM')
      await eventually(() => assert.rejects(place.client().get('/healthz'), { code: 'ECONNREFUSED' }), {
        withinMs: 2_000,
      })

      const replies = await Promise.all(logins)
      assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 40 })
      assert.equal(await server?.exited, 0)
      assert.ok(performance.now() - startedAt < 10_000)

      await place.sink.start()
      await place.restart()
      const codes = await Promise.all(
        replies.map(async ({ body }, index) => ({
          expected: await place.codeOf(body.sessionId),
          mailed: codeIn(await place.sink.waitForMail({ to: accounts[index % 5]?.email ?? '' }, 10_000)),
        })),
      )
      assert.deepEqual(codes.map(({ mailed }) => mailed).sort(), codes.map(({ expected }) => expected).sort())
    })

    it('drains while clients go on asking over kept connections', async (t) => {
      const place = await openInstallation(t, { engine })
      const client = await place.enter(await place.makeAccount())
      const outcomes: string[] = []
      let refused = 0
      let isOver = false
      const asking = Array.from({ length: 10 }, async () => {
        const own = client.clone()
        while (!isOver) {
          try {
            outcomes.push(outcomeOf(await own.post('/auth/token')))
          } catch {
            refused += 1
            await sleep(10)
          }
        }
        own.close()
      })
      await sleep(300)
      const startedAt = performance.now()
      const code = await place.servers[0]?.stop()
      const tookMs = performance.now() - startedAt
      isOver = true
      await Promise.all(asking)
      assert.equal(code, 0)
      assert.ok(tookMs < 10_000, `${tookMs} ms`)
      assert.deepEqual(Object.keys(tally(outcomes)), ['200'])
      assert.ok(refused > 0)
    })
  })
}

/** A login that the server has begun to read: it has asked for the body. Gives what sends that and waits for the status. */
async function holdLogin(
  port: number,
  { email, password }: { email: string; password: string },
): Promise<() => Promise<number | undefined>> {
  const body = JSON.stringify({ email, password })
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    expect: '100-continue',
  }
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/auth/login',
    headers,
    agent: false,
  })
  outgoing.flushHeaders()
  await once(outgoing, 'continue')
  return async () => {
    outgoing.end(body)
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    incoming.resume()
    return incoming.statusCode
  }
}
