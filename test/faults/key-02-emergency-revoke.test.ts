/**
 * F-KEY-02: a signing key leaked and is revoked by a command beside the servers. Its tokens are dead on all of them within a second,
 * and the sessions go on.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../support/command-line.ts'
import { embedded, postgres } from '../support/engines.ts'
import type { Client, Response } from '../support/http-client.ts'
import { cookieOf, type Installation, openInstallation, outcomeOf, tally } from '../support/processes.ts'

type Seen = { askedAt: number; answeredAt: number; reply: Response }

const grounds = [
  { engine: embedded, processes: 1 },
  { engine: postgres, processes: 2 },
] as const

for (const { engine, processes } of grounds) {
  describe(`an emergency, ${engine.name}, ${processes} of it`, { skip: engine.missing() }, () => {
    it('ends every token of the key within a second, on every server, for good', async (t) => {
      const place = await openInstallation(t, { engine, processes })
      const clients = place.servers.map((_, server) => place.client(server))
      const entered = await place.enter(await place.makeAccount())
      for (const client of clients) for (const cookie of entered.cookies) client.cookies.set(...cookie)
      const bearer = (await entered.post('/auth/token')).body.accessToken
      const leaked = kidOf(bearer)
      const watching = clients.map((client) => watch(client, bearer))

      const revoked = await key(place, ['revoke', leaked, '--yes', '--json'])
      const { keys } = await key(place, ['list', '--json'])

      const { signs } = revoked
      assert.deepEqual(revoked, { kid: leaked, changed: true, signs, added: true })
      const [old, next] = keys
      assert.deepEqual([old.kid, old.state, next.kid, next.state], [leaked, 'revoked', signs, 'active'])
      const revokedAt = Date.parse(old.revokedAt)
      for (const [server, { stop }] of watching.entries()) {
        const seen = await stop()
        const late = seen.filter(({ askedAt }) => askedAt > revokedAt + 1_000)
        assert.deepEqual(Object.keys(tally(late.map(({ reply }) => outcomeOf(reply)))), ['401 token_invalid'])
        assert.ok(late.every(({ reply }) => reply.body.cause === 'key_revoked'))
        const early = seen.filter(({ answeredAt }) => answeredAt < revokedAt)
        assert.deepEqual(Object.keys(tally(early.map(({ reply }) => outcomeOf(reply)))), ['200'])
        // A token from any of them is good on all.
        const fresh = (await (clients[server] as Client).post('/auth/token')).body.accessToken
        assert.equal(kidOf(fresh), signs)
        for (const client of clients) {
          assert.equal(outcomeOf(await client.get('/auth/protected', { bearer: fresh })), '200')
          const jwks = (await client.get('/.well-known/jwks.json')).body
          assert.deepEqual(
            jwks.keys.map(({ kid }: { kid: string }) => kid),
            [signs],
          )
        }
      }

      await place.servers[0]?.stop()
      await place.restart()
      assert.equal(
        outcomeOf(await (clients[0] as Client).get('/auth/protected', { bearer })),
        '401 token_invalid',
      )
      assert.deepEqual(await place.auditFaults(), [])
    })

    it('loses no request to the change of keys, and none is signed by the dead one afterwards', async (t) => {
      const place = await openInstallation(t, { engine, processes })
      const client = await place.enter(await place.makeAccount())
      const leaked = kidOf((await client.post('/auth/token')).body.accessToken)
      const token = { method: 'POST', path: '/auth/token', headers: { cookie: cookieOf(client) } }
      const requests = Array.from({ length: 200 }, () => token)

      const [{ signs }] = await Promise.all([
        key(place, ['revoke', leaked, '--yes', '--json']),
        key(place, ['rotate', '--json']),
        key(place, ['rotate', '--json']),
      ])
      const replies = await place.race(requests)

      assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 200 })
      const { keys } = await key(place, ['list', '--json'])
      const inState = (wanted: string) =>
        keys.filter(({ state }: { state: string }) => state === wanted).length
      // Two rotations may both add one: the revocation between them makes the first one's key sign.
      assert.deepEqual([inState('active'), inState('pending') <= 1], [1, true])
      const revokedAt = Date.parse(keys.find(({ kid }: { kid: string }) => kid === leaked).revokedAt)
      await sleep(Math.max(0, revokedAt + 1_000 - Date.now()))
      const later = await Promise.all(Array.from({ length: 20 }, () => client.post('/auth/token')))
      for (const { body } of later) {
        assert.equal(kidOf(body.accessToken), signs)
        assert.equal(outcomeOf(await client.get('/auth/protected', { bearer: body.accessToken })), '200')
      }
    })
  })
}

/** Asks without a pause. */
function watch(client: Client, bearer: string) {
  const seen: Seen[] = []
  let until = Number.POSITIVE_INFINITY
  const asking = (async () => {
    while (Date.now() < until || seen.length === 0) {
      const askedAt = Date.now()
      const reply = await client.get('/auth/protected', { bearer })
      seen.push({ askedAt, answeredAt: Date.now(), reply })
    }
  })()
  return {
    /** A second and a half from now, so that there is something to be seen after the second. */
    async stop() {
      until = Date.now() + 1_500
      await asking
      return seen
    },
  }
}

async function key(place: Installation, args: string[]) {
  const { code, stdout, stderr } = await runCommand(['key', ...args], { env: place.env })
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}
