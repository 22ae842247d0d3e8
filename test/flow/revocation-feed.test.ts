/** GET /auth/revocations: every way in which a session ends is told to whoever verifies tokens, within a quarter of a second. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { removeAccount } from '../../src/flow/accounts.ts'
import type { AccountRecord } from '../../src/stores/accounts.ts'
import { storeUnavailable } from '../../src/stores/database.ts'
import { memory, postgres } from '../support/engines.ts'
import { digestOf, readFeed } from '../support/feed.ts'
import { assertProblem, claimsOf, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { openInstallation, withDesk } from '../support/processes.ts'
import { eventually } from '../support/services.ts'

const minute = 60_000

/** A verified session and what tokens call it. */
async function open(gate: TestGate, account: TestAccount, as?: Client) {
  const client = await gate.enter(account, as)
  return { client, digest: digestOf(claimsOf(await gate.accessToken(client)).sid) }
}

/** The clock moves too: a statement is made anew for another time. */
async function ended(gate: TestGate, since?: number): Promise<string[]> {
  gate.clock.advance(250)
  return (await readFeed(gate.client(), since)).ended
}

describe('the feed of revocations', () => {
  it('is a signed statement of now, which caches may keep for a second', async (t) => {
    const gate = await openGate(t, { engine: memory })

    const { reply, source, ...statement } = await readFeed(gate.client())

    assert.match(source, /^[\w-]{11}$/)
    const now = gate.clock.now()
    const [{ kid }] = (await gate.client().get('/.well-known/jwks.json')).body.keys
    assert.deepEqual(statement, {
      iss: gate.publicUrl,
      aud: `${gate.publicUrl}/auth/revocations`,
      iat: now / 1_000,
      exp: now / 1_000 + 60,
      now,
      since: now - 7 * minute,
      next: now - 70_000,
      more: false,
      ended: [],
      keys: [],
      jwks: [kid],
    })
    assert.equal(reply.headers['content-type'], 'application/jwt')
    assert.equal(reply.headers['cache-control'], 'public, max-age=1')
    assert.equal(reply.headers['access-control-allow-origin'], '*')
    assert.deepEqual(reply.setCookies, [])
    assert.equal((await gate.client().request('HEAD', '/auth/revocations')).status, 200)
  })

  it('is signed with JWT_SECRET where that signs tokens', async (t) => {
    const secret = 'a shared secret that is long enough for HS256'
    const gate = await openGate(t, { engine: memory, env: { JWT_SECRET: secret } })

    const { jwks, iss } = await readFeed(gate.client(), undefined, secret)

    assert.deepEqual([jwks, iss], [[], gate.publicUrl])
  })

  const ends: Record<string, (gate: TestGate, ada: TestAccount, client: Client) => Promise<unknown>> = {
    'a logout': (_gate, _ada, client) => client.post('/auth/logout'),
    'a logout by token': async (gate, _ada, client) =>
      gate.client().post('/auth/logout', undefined, { bearer: await gate.accessToken(client) }),
    'the end from another session': async (gate, ada) => (await gate.enter(ada)).delete('/auth/sessions'),
    'the end by its name': async (gate, ada, client) => {
      const { sessionId } = (await client.get('/auth/session')).body
      return (await gate.enter(ada)).delete(`/auth/sessions/${sessionId}`)
    },
    'a change of the password': (_gate, { password }, client) =>
      client.post('/auth/password/change', {
        currentPassword: password,
        newPassword: 'another fine password of hers',
      }),
    'a reset': async (gate, ada) => {
      const client = gate.client()
      await client.post('/auth/password/forgot', { email: ada.email })
      const otp = await gate.code(ada)
      return client.post('/auth/password/reset', { otp, newPassword: 'another fine password of hers' })
    },
    'another login in its place': (gate, ada, client) => gate.enter(ada, client),
    'an old refresh token': async (gate, _ada, client) => {
      const { refreshToken } = await gate.bothTokens(client)
      await gate.client().post('/auth/refresh', { refreshToken })
      gate.clock.advance('31s')
      return gate.client().post('/auth/refresh', { refreshToken })
    },
    'the account disabled': (gate, ada) => gate.disable(ada),
    'the account deleted by its owner': (_gate, _ada, client) => client.delete('/auth/account'),
    'the account deleted by an operator': async (gate, ada) => {
      const { stores, clock, events, passwords } = gate.sallyport().inside.gate
      const account = (await stores.read.accounts.find(ada.id)) as AccountRecord
      return removeAccount({ stores, clock, events, passwords }, account)
    },
  }
  for (const [name, end] of Object.entries(ends)) {
    it(`tells of ${name}`, async (t) => {
      const gate = await openGate(t, { engine: memory })
      const ada = await gate.makeAccount()
      const grace = await open(gate, await gate.makeAccount('grace@example.test'))
      const { client, digest } = await open(gate, ada)
      const { next } = await readFeed(gate.client())
      assert.deepEqual(await ended(gate, next), [])

      await end(gate, ada, client)

      const told = await ended(gate, next)
      assert.ok(told.includes(digest), JSON.stringify(told))
      assert.equal(told.includes(grace.digest), false)
    })
  }

  it('tells that a session reached SESSION_TTL', async (t) => {
    const gate = await openGate(t, {
      engine: memory,
      env: { SESSION_TTL: '10m', SESSION_IDLE_TTL: '10m', ACCESS_TOKEN_TTL: '5m' },
    })
    const { digest } = await open(gate, await gate.makeAccount())
    gate.clock.advance('599s')
    assert.deepEqual(await ended(gate), [])

    gate.clock.advance('1s')

    assert.deepEqual(await ended(gate), [digest])
  })

  it('tells it as long as a token may live, and then no more', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const { client, digest } = await open(gate, await gate.makeAccount())
    await client.post('/auth/logout')

    gate.clock.advance(7 * minute - 1_000)
    assert.deepEqual(await ended(gate), [digest])

    gate.clock.advance(2 * minute)
    assert.deepEqual(await ended(gate), [])
  })

  it('goes on from its cursor, and loses nothing that was written late or by a clock that is behind', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const { client, digest } = await open(gate, await gate.makeAccount())
    const { next, now } = await readFeed(gate.client())
    assert.ok(now - next >= 64_000, 'a minute, and the deadline of the store')
    gate.clock.advance('30s')
    // Of a server that is a minute behind.
    gate.clock.advance(-60_000)
    await client.post('/auth/logout')
    gate.clock.advance('60s')

    const told = await readFeed(gate.client(), next)

    assert.deepEqual(told.ended, [digest])
    assert.equal(told.since, next)
    assert.ok(told.next >= next)
  })

  it('begins at full ten seconds, so that one cache answers many readers', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const client = gate.client()
    const { next } = await readFeed(client)

    for (const cursor of [next, next + 1, next + 9_999])
      assert.equal((await readFeed(client, cursor)).since, next)
    gate.clock.advance('8m')
    // Too old, from the future, and none at all.
    const now = gate.clock.now()
    assert.equal((await readFeed(client, next)).since, now - 7 * minute)
    assert.equal((await readFeed(client, now + minute)).since, now - 70_000)
    assert.equal((await readFeed(client, 0)).since, now - 7 * minute)
  })

  for (const wrong of ['', 'x', '-1', '1.5', '1e3', '0x10', '9'.repeat(16), '1&since=2', '%00', '١'])
    it(`refuses the cursor "${wrong}"`, async (t) => {
      const gate = await openGate(t, { engine: memory })

      const reply = await gate.client().get(`/auth/revocations?since=${encodeURI(wrong)}`)

      const { errors, detail } = assertProblem(reply, 400, 'invalid_request')
      assert.deepEqual(errors[0].path, ['since'])
      assert.match(detail, /cursor/)
    })

  it('is refused while the store does not answer, and not answered from memory', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const client = gate.client()
    const { revocations } = gate.sallyport().inside.gate.stores.read
    const { endedSince } = revocations
    const ada = await open(gate, await gate.makeAccount())
    await readFeed(client)
    revocations.endedSince = async () => {
      throw storeUnavailable('a test')
    }
    gate.clock.advance('1s')

    const replies = await Promise.all([client.get('/auth/revocations'), client.get('/auth/revocations')])

    for (const reply of replies) {
      assertProblem(reply, 503, 'service_unavailable')
      assert.ok(Number(reply.headers['retry-after']) > 0)
      assert.equal(reply.headers['cache-control'], 'no-store')
    }
    revocations.endedSince = endedSince
    await ada.client.post('/auth/logout')
    assert.deepEqual((await readFeed(client)).ended, [ada.digest])
  })
})

describe('more than one page', () => {
  /** As an operator ends everybody at once, in the middle of other logouts. */
  async function fill(gate: TestGate, ends: number[]): Promise<string[]> {
    const { id } = await gate.makeAccount()
    const ids = ends.map((_, index) => `ses_${index}`)
    await gate.sallyport().inside.gate.stores.database.atomically(async ({ run }) => {
      for (const [index, endedAt] of ends.entries()) {
        await run(
          `insert into sessions (id, secret_hash, account_id, stage, flow_id, amr, auth_time, device, address, created_at,
             last_seen_at, idle_expires_at, expires_at, ended_at, ended_because)
           values (?1, ?1, ?2, 'verified', '-', 'pwd', 1, '-', '-', 1, 1, 1, ?3, ?3, 'revoked')`,
          [`ses_${index}`, id, endedAt],
        )
      }
    })
    return ids.map(digestOf).sort()
  }

  /** As a reader does it. */
  async function readAll(gate: TestGate) {
    const seen = new Set<string>()
    const sizes: number[] = []
    let cursor: number | undefined
    for (let pages = 0; pages < 10; pages++) {
      const statement = await readFeed(gate.client(), cursor)
      for (const digest of statement.ended) seen.add(digest)
      sizes.push(statement.ended.length)
      assert.ok(cursor === undefined || statement.since <= cursor)
      if (!statement.more) return { seen: [...seen].sort(), sizes, next: statement.next }
      assert.ok(cursor === undefined || statement.next > cursor, 'it moves on')
      cursor = statement.next
    }
    return assert.fail('there is no end to it')
  }

  it('is told page by page, and the last one leads back to the overlap', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const now = gate.clock.now()
    // All of it lies in what the next answer will tell once more.
    const all = await fill(
      gate,
      Array.from({ length: 25_000 }, (_, index) => now - 50_000 + Math.floor(index / 2)),
    )

    const { seen, sizes, next } = await readAll(gate)

    assert.deepEqual(seen, all)
    assert.deepEqual(sizes, [10_000, 10_000, 5_000])
    assert.equal(next, now - 70_000)
  })

  it('is one long page where all ended in one millisecond', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const now = gate.clock.now()
    const all = await fill(gate, [
      ...Array.from({ length: 11_000 }, () => now - 30_000),
      ...Array.from({ length: 5 }, () => now - 20_000),
    ])

    const { seen, sizes } = await readAll(gate)

    assert.deepEqual(seen, all)
    assert.deepEqual(sizes, [11_000, 5])
  })

  it('is cut into the same pages for a cursor that somebody made up', async (t) => {
    const gate = await openGate(t, { engine: memory })
    const now = gate.clock.now()
    await fill(
      gate,
      Array.from({ length: 12_000 }, (_, index) => now - 60_000 + index),
    )
    const first = await readFeed(gate.client())

    const inTheMiddle = await readFeed(gate.client(), now - 55_123)
    const atItsEnd = await readFeed(gate.client(), first.next + 7)

    assert.equal(inTheMiddle.ended.length, 10_000)
    assert.equal(atItsEnd.since, first.next)
    assert.equal(atItsEnd.more, false)
  })
})

describe('the feed of two processes', { skip: postgres.missing() }, () => {
  it('tells at one what an operator and the other one did', async (t) => {
    const place = await openInstallation(t, { engine: postgres, processes: 2 })
    const [ada, grace] = [await place.makeAccount(), await place.makeAccount()]
    const digests: string[] = []
    const clients: Client[] = []
    for (const account of [ada, grace]) {
      const client = await place.enter(account)
      clients.push(client)
      digests.push(digestOf(claimsOf((await client.post('/auth/token')).body.accessToken).sid))
    }
    const other = createClient(`http://127.0.0.1:${place.servers[1]?.port}`)
    t.after(() => other.close())
    assert.deepEqual((await readFeed(other)).ended, [])

    await clients[0]?.post('/auth/logout')
    await withDesk(place.opened.database, async (desk) => {
      const account = (await desk.stores.read.accounts.find(grace.id)) as AccountRecord
      assert.ok(await removeAccount(desk, account))
    })

    // Contract 3: within a second.
    await eventually(async () => assert.deepEqual((await readFeed(other)).ended.sort(), digests.sort()), {
      withinMs: 1_000,
    })
  })
})
