/**
 * F-KEY-01: the signing key is rotated under requests. No valid token is refused, here or by whoever verifies with the published
 * keys: a new key signs once every known reader has it, or once nobody may keep the old JWKS any more.
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { readSettings } from '../../src/config/settings.ts'
import { openKeys } from '../../src/open-keys.ts'
import { systemClock } from '../../src/utils/clock.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { embedded, engines, postgres } from '../support/engines.ts'
import { openGate, sessionSecret, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import {
  type Installation,
  sessionSecret as installedSecret,
  openInstallation,
  openTestStores,
  outcomeOf,
  tally,
} from '../support/processes.ts'
import { eventually } from '../support/services.ts'

/** max-age and stale-while-revalidate of the JWKS. */
const lifetimeMinutes = 15

for (const engine of engines) {
  describe(`key rotation under requests, ${engine.name}`, { skip: engine.missing() }, () => {
    it('waits for readers without a name until none may keep the old keys, through two rotations', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())
      const reader = readerOf(gate.url, gate.publicUrl)
      const publishedAt = new Map<string, number>()
      const signedFirst = new Map<string, number>()
      const tokens: { token: string; expiresAt: number }[] = []

      for (let minute = 0; minute < 45; minute++) {
        // The worst that a cache may do: it reads just before a key is published, and goes on for the whole time.
        if (minute % lifetimeMinutes === 0) await reader.reload()
        if (minute === 0 || minute === 20) publishedAt.set(await rotate(gate), gate.clock.now())
        const asked = await Promise.all(Array.from({ length: 10 }, () => client.post('/auth/token')))
        for (const { body } of asked) {
          tokens.push({ token: body.accessToken, expiresAt: gate.clock.now() + 300_000 })
          const kid = kidOf(body.accessToken)
          signedFirst.set(kid, signedFirst.get(kid) ?? gate.clock.now())
        }
        await reader.verify(asked[0]?.body.accessToken, gate.clock.now())
        await checkAll(gate, client, tokens)
        gate.clock.advance('59s')
        await checkAll(gate, client, tokens)
        gate.clock.advance('1s')
      }

      assert.equal(signedFirst.size, 3)
      for (const [kid, at] of [...signedFirst].slice(1)) {
        assert.ok(at - (publishedAt.get(kid) ?? at) >= lifetimeMinutes * 60_000, kid)
      }
    })
  })
}

const grounds = [
  { engine: embedded, processes: 1 },
  { engine: postgres, processes: 2 },
] as const

for (const { engine, processes } of grounds) {
  describe(`a rotation every 5 s, ${engine.name}, ${processes} of it`, { skip: engine.missing() }, () => {
    it('refuses no token at 500 requests a second, here or where known readers verify', async (t) => {
      const place = await openInstallation(t, { engine, processes })
      const clients = place.servers.map((_, server) => place.client(server))
      const entered = await place.enter(await place.makeAccount())
      for (const client of clients) for (const cookie of entered.cookies) client.cookies.set(...cookie)
      const readers = [0, 1].map((index) => {
        const url = `http://127.0.0.1:${place.servers[index % processes]?.port}`
        return readerOf(url, place.env.PUBLIC_URL ?? '', `a-known-reader-${index}`)
      })
      // One of them is slower than a key would be without it.
      const reading = readers.map((reader, index) =>
        every(index === 0 ? 1_000 : 4_000, () => reader.reload()),
      )
      const tokens: string[] = []
      const kids = new Set<string>()
      // Each new token at once where it was not issued, and in both readers, which look nothing up for a kid that they don't know.
      const issuing = every(100, async (turn) => {
        const { body } = await (clients[turn % processes] as Client).post('/auth/token')
        tokens.push(body.accessToken)
        kids.add(kidOf(body.accessToken))
        await Promise.all(readers.map((reader) => reader.verify(body.accessToken)))
        const elsewhere = clients[(turn + 1) % processes] as Client
        const reply = await elsewhere.get('/auth/protected', { bearer: body.accessToken })
        assert.equal(outcomeOf(reply), '200')
      })
      await eventually(() => assert.ok(tokens.length > 0))
      const load = startLoad(clients, tokens)

      await rotateEvery(t, place, 5_000, 4)

      const outcomes = await load.stop()
      await issuing.stop()
      await Promise.all(reading.map((each) => each.stop()))
      assert.deepEqual(Object.keys(outcomes), ['200'])
      assert.ok(Number(outcomes['200']) > 2_000, JSON.stringify(outcomes))
      assert.equal(kids.size, 5)
    })
  })
}

/** jose as it comes, except that nothing makes it read the keys again but `reload`. */
function readerOf(url: string, issuer: string, name?: string) {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url), {
    cooldownDuration: Number.POSITIVE_INFINITY,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    ...(name === undefined ? {} : { headers: { 'Sallyport-Reader': name } }),
  })
  return {
    reload: () => keys.reload(),
    verify: (token: string, now = Date.now()) =>
      jwtVerify(token, keys, { issuer, currentDate: new Date(now) }),
  }
}

/** An open loop: what is due is sent, whether or not the one before was answered; at most 200 are under way. */
function startLoad(clients: Client[], tokens: string[], perSecond = 500) {
  const outcomes: string[] = []
  const underWay = new Set<Promise<void>>()
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond)
    for (; sent < due; sent++) {
      if (underWay.size >= 200) continue
      const client = clients[sent % clients.length] as Client
      const bearer = tokens[Math.floor(Math.random() * tokens.length)] as string
      const asked: Promise<void> = client
        .get('/auth/protected', { bearer })
        .then((reply) => void outcomes.push(outcomeOf(reply)))
        .finally(() => underWay.delete(asked))
      underWay.add(asked)
    }
  }, 20)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
      return tally(outcomes)
    },
  }
}

/** What `sallyport key rotate` does; a key that still waits when the next rotation is due holds that up. Ends when the last one signs. */
async function rotateEvery(t: TestContext, place: Installation, everyMs: number, times: number) {
  const stores = await openTestStores(place.opened.database)
  t.after(stores.close)
  const { settings } = readSettings({ ...place.env, PORT: '5000' }, 'production')
  const ring = await openKeys(settings, stores, systemClock, [deriveKey(installedSecret, 'signing keys')])
  for (let turn = 0; turn < times; turn++) {
    const due = sleep(everyMs)
    const { kid } = await eventually(async () => {
      const rotated = await ring.rotate()
      assert.equal(rotated.added, true, 'the key before it waits for longer than its readers')
      return rotated
    })
    await due
    if (turn < times - 1) continue
    await eventually(async () => {
      const newest = (await stores.read.signingKeys.list()).find((each) => each.kid === kid)
      assert.ok((newest?.activeAt ?? Number.POSITIVE_INFINITY) < Date.now())
    })
    // The other server follows within a second, and a token is asked for ten times a second.
    await sleep(2_000)
  }
}

function every(milliseconds: number, work: (turn: number) => Promise<unknown>) {
  let isOver = false
  const working = (async () => {
    for (let turn = 0; !isOver; turn++) {
      await work(turn)
      await sleep(milliseconds)
    }
  })()
  // Told by `stop`, which the test reaches in any case.
  working.catch(() => {})
  return {
    async stop() {
      isOver = true
      await working
    },
  }
}

/** What the command `sallyport key rotate` does, in a process beside the server. */
async function rotate(gate: TestGate): Promise<string> {
  const { stores } = gate.sallyport().inside.gate
  const ring = await openKeys(gate.settings, stores, gate.clock, [deriveKey(sessionSecret, 'signing keys')])
  const { kid, added } = await ring.rotate()
  assert.equal(added, true)
  const published = async (): Promise<string[]> =>
    (await gate.client().get('/.well-known/jwks.json')).body.keys.map((key: { kid: string }) => key.kid)
  // The server follows within a second of real time.
  const startedAt = performance.now()
  await eventually(async () => assert.ok((await published()).includes(kid)), { everyMs: 100 })
  assert.ok(performance.now() - startedAt < 3_000)
  return kid
}

async function checkAll(
  gate: TestGate,
  client: Client,
  tokens: { token: string; expiresAt: number }[],
): Promise<void> {
  const valid = tokens.filter(({ expiresAt }) => expiresAt > gate.clock.now())
  const replies = await Promise.all(
    valid.map(({ token }) => client.get('/auth/protected', { bearer: token })),
  )
  assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}
