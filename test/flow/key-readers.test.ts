/** Who reads the public keys is noted, so that a new one signs when all have it (F-KEY-01); caches never hide a reader. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines, postgres } from '../support/engines.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const path = '/.well-known/jwks.json'
const named = (name: string) => ({ headers: { 'Sallyport-Reader': name } })
const noted = (gate: TestGate, id: string) => gate.sallyport().inside.gate.stores.read.keyReaders.find(id)

for (const engine of engines) {
  describe(`readers of the keys, ${engine.name}`, { skip: engine.missing() }, () => {
    it('are noted under their name before they are answered', async (t) => {
      const gate = await openGate(t, { engine })
      const client = gate.client()

      const { body } = await client.get(path, named('reader_of-16-char'))

      const newestKid = body.keys.at(-1).kid
      assert.deepEqual(await noted(gate, 'reader_of-16-char'), {
        id: 'reader_of-16-char',
        newestKid,
        readAt: gate.clock.now(),
      })
      assert.equal(await noted(gate, ''), undefined)
    })

    it('have no name where it is none, and where none came', async (t) => {
      for (const headers of [
        {},
        { 'Sallyport-Reader': 'fifteen-letters' },
        { 'Sallyport-Reader': 'x'.repeat(65) },
        { 'Sallyport-Reader': `semi;colon;${'x'.repeat(16)}` },
        { 'Sallyport-Reader': '' },
      ]) {
        const gate = await openGate(t, { engine })
        assert.equal((await gate.client().get(path, { headers })).status, 200)
        assert.equal((await noted(gate, ''))?.readAt, gate.clock.now(), JSON.stringify(headers))
      }
    })

    it('are noted once in 30 s', async (t) => {
      const gate = await openGate(t, { engine })
      const start = gate.clock.now()
      const read = async (by: string) => {
        await gate.client().get(path, by === '' ? {} : named(by))
        return (await noted(gate, by))?.readAt
      }
      for (const by of ['', 'reader_of-16-char']) assert.equal(await read(by), start)
      gate.clock.advance(29_999)
      for (const by of ['', 'reader_of-16-char']) assert.equal(await read(by), start)
      gate.clock.advance(1)
      for (const by of ['', 'reader_of-16-char']) assert.equal(await read(by), start + 30_000)
    })
  })
}

describe('an answer with the keys', () => {
  it('to a reader with a name is for no shared cache, and caches tell the two apart', async (t) => {
    const client = (await openGate(t)).client()
    const anonymous = await client.get(path)
    const known = await client.get(path, named('reader_of-16-char'))
    const strange = await client.get(path, named('?'))
    const lifetime = 'max-age=300, stale-while-revalidate=600'
    assert.equal(anonymous.headers['cache-control'], `public, ${lifetime}`)
    assert.equal(known.headers['cache-control'], `private, ${lifetime}`)
    assert.equal(strange.headers['cache-control'], `private, ${lifetime}`)
    for (const { headers } of [anonymous, known, strange]) {
      assert.equal(headers.vary, 'Origin, Sallyport-Reader')
      assert.equal(headers.etag, anonymous.headers.etag)
    }
  })

  it('is 304 without a body to those who have it, who have read it then', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()
    const { etag } = (await client.get(path)).headers
    for (const asked of [etag, `W/${etag}`, `"another", ${etag}`]) {
      const headers = { 'If-None-Match': asked, ...named('reader_of-16-char').headers }
      const again = await client.get(path, { headers })
      assert.deepEqual([again.status, again.body, again.headers.etag], [304, '', etag])
      assert.equal(again.headers['content-length'], undefined)
    }
    assert.ok(await noted(gate, 'reader_of-16-char'))
    const other = await client.get(path, { headers: { 'If-None-Match': '"another"' } })
    assert.equal(other.status, 200)
    const metadata = await client.get('/.well-known/oauth-authorization-server')
    const unchanged = await client.get('/.well-known/openid-configuration', {
      headers: { 'If-None-Match': metadata.headers.etag },
    })
    assert.equal(unchanged.status, 304)
  })

  it('to HEAD has no keys, and so no name', async (t) => {
    const gate = await openGate(t)
    assert.equal((await gate.client().request('HEAD', path, named('reader_of-16-char'))).status, 200)
    assert.equal(await noted(gate, 'reader_of-16-char'), undefined)
    assert.ok(await noted(gate, ''))
  })

  it('notes nobody while JWT_SECRET signs', async (t) => {
    const gate = await openGate(t, { env: { JWT_SECRET: 'a shared secret that is long enough for HS256' } })
    await gate.client().get(path, named('reader_of-16-char'))
    await gate.client().get(path)
    assert.equal(await noted(gate, 'reader_of-16-char'), undefined)
    assert.equal(await noted(gate, ''), undefined)
  })
})

describe('readers while the store is away', { skip: postgres.missing() }, () => {
  it('F-KEY-01: get the keys, which nobody may keep, and are noted once it is back', async (t) => {
    const store = await postgres.open()
    t.after(store.cleanUp)
    const proxy = await startTcpProxy({ port: Number(new URL(store.env.DATABASE_URL ?? '').port) })
    const env = { DATABASE_URL: proxy.through(store.env.DATABASE_URL ?? '') }
    const gate = await openGate(undefined, {
      engine: { ...postgres, open: async () => ({ ...store, env, cleanUp: async () => {} }) },
    })
    t.after(async () => {
      await gate.close()
      await proxy.close()
    })

    proxy.cut()
    const down = await Promise.all(
      Array.from({ length: 20 }, () => gate.client().get(path, named('reader_of-16-char'))),
    )
    proxy.restore()

    // A server that is cut off may not know the newest key, and can't say who has read its own list.
    const seen = down.map(
      ({ status, body, headers }) => `${status} ${body.keys.length} ${headers['cache-control']}`,
    )
    assert.deepEqual([...new Set(seen)], ['200 1 no-store'])
    await eventually(async () => assert.ok(await noted(gate, '')))
  })
})
