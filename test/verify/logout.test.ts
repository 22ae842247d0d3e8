/** Logout here, an API there: two real servers on one store, and a guard that reads the other one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VerifyOptions } from '../../verify/src/index.ts'
import { jwtSecret } from '../attacks/forge.ts'
import { embedded, postgres } from '../support/engines.ts'
import { type Installation, openInstallation } from '../support/processes.ts'
import { eventually } from '../support/services.ts'
import { openGuardedApi } from './guarded-api.ts'

const ends: Record<string, (at: Installation, way: Way) => Promise<unknown>> = {
  logout: (_at, { client }) => client.post('/auth/logout'),
  'an end from another device': async (at, { account }) => (await at.enter(account)).delete('/auth/sessions'),
  disable: (at, { account }) => at.disable(account),
}
type Way = {
  client: Awaited<ReturnType<Installation['enter']>>
  account: { id: string; email: string; password: string }
}

/** The addresses of the nth server, whose metadata name the first. */
function addressesOf(at: Installation, server: number): Partial<VerifyOptions> {
  const url = `http://127.0.0.1:${at.servers[server]?.port}`
  return {
    jwksUri: `${url}/.well-known/jwks.json`,
    revocationsUri: `${url}/auth/revocations`,
    checkUri: `${url}/auth/check`,
  }
}

async function enterWithToken(at: Installation) {
  const account = await at.makeAccount()
  const client = await at.enter(account)
  const { body } = await client.post('/auth/token')
  return { account, client, bearer: String(body.accessToken) }
}

describe('a token after its session, two servers', { skip: postgres.missing() }, () => {
  it('dies within 2 s by the feed of the other server, however the session ends', async (t) => {
    const at = await openInstallation(t, { engine: postgres, processes: 2 })
    const issuer = String(at.env.PUBLIC_URL)
    const api = await openGuardedApi(t, { issuer, liveness: 'feed', ...addressesOf(at, 1) })
    for (const [name, end] of Object.entries(ends)) {
      const way = await enterWithToken(at)
      const other = await enterWithToken(at)
      assert.equal((await api.ask(way.bearer)).status, 200)

      await end(at, way)
      const endedAt = performance.now()
      const reply = await eventually(
        async () => {
          const asked = await api.ask(way.bearer)
          assert.equal(asked.status, 401)
          return asked
        },
        { withinMs: 5_000 },
      )
      const took = performance.now() - endedAt
      assert.ok(took < 2_000, `${name}: ${took} ms`)
      assert.deepEqual([reply.body.code, reply.body.cause], ['token_invalid', 'session_over'])
      assert.equal((await api.ask(other.bearer)).status, 200)
    }
  })

  it('dies as soon as the answer about the session is old, with liveness session', async (t) => {
    const at = await openInstallation(t, { engine: postgres, processes: 2 })
    const issuer = String(at.env.PUBLIC_URL)
    const way = await enterWithToken(at)
    const options = { issuer, liveness: 'session', ...addressesOf(at, 1) } as const
    const api = await openGuardedApi(t, { ...options, sessionMaxAge: 0 })
    const lazy = await openGuardedApi(t, { ...options, sessionMaxAge: '5m' })
    assert.deepEqual([(await api.ask(way.bearer)).status, (await lazy.ask(way.bearer)).status], [200, 200])
    await way.client.post('/auth/logout')
    assert.equal((await lazy.ask(way.bearer)).status, 200)
    // The servers of an installation learn it of each other within a second.
    const refused = async () => assert.equal((await api.ask(way.bearer)).body.cause, 'session_over')
    await eventually(refused, { withinMs: 2_000 })

    const there = await enterWithToken(at)
    assert.equal((await api.ask(there.bearer)).status, 200)
    await at.servers[1]?.kill9()
    const { status, body, headers } = await api.ask(there.bearer)
    assert.deepEqual([status, body.code, headers['retry-after']], [503, 'service_unavailable', '2'])
    assert.equal(headers['www-authenticate'], undefined)
  })
})

describe('a token of JWT_SECRET', () => {
  it('dies by the feed too, which the secret signs, and no key is fetched', async (t) => {
    const at = await openInstallation(t, { engine: embedded, env: { JWT_SECRET: jwtSecret } })
    const issuer = String(at.env.PUBLIC_URL)
    const asked: string[] = []
    const api = await openGuardedApi(t, {
      issuer,
      secret: jwtSecret,
      liveness: 'feed',
      fetch: (url, init) => {
        asked.push(new URL(url).pathname)
        return fetch(url, init)
      },
    })
    const way = await enterWithToken(at)
    assert.equal((await api.ask(way.bearer)).status, 200)
    await way.client.post('/auth/logout')
    await eventually(async () => assert.equal((await api.ask(way.bearer)).body.cause, 'session_over'), {
      withinMs: 2_000,
    })
    assert.equal(asked.includes('/.well-known/jwks.json'), false)

    const wrong = await openGuardedApi(t, { issuer, secret: `another ${jwtSecret}` })
    assert.equal((await wrong.ask(way.bearer)).body.code, 'token_invalid')
    const both = await openGuardedApi(t, { issuer, secret: [`another ${jwtSecret}`, jwtSecret] })
    assert.equal((await both.ask(way.bearer)).status, 200)
  })
})

describe('a store that goes away', () => {
  it('makes the feed silent and the guard refuse with 503, until the server is back', async (t) => {
    const at = await openInstallation(t, { engine: embedded })
    const issuer = String(at.env.PUBLIC_URL)
    const api = await openGuardedApi(t, { issuer, liveness: 'feed', feedMaxAge: '2s' })
    const { bearer } = await enterWithToken(at)
    assert.equal((await api.ask(bearer)).status, 200)
    await at.servers[0]?.kill9()
    const silent = async () => assert.equal((await api.ask(bearer)).body.cause, 'feed_silent')
    await eventually(silent, { withinMs: 5_000 })
    await at.restart()
    await eventually(async () => assert.equal((await api.ask(bearer)).status, 200), { withinMs: 5_000 })
  })
})
