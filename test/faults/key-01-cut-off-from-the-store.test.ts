/** F-KEY-01: a server that is cut off from its store may not know the newest key, and cannot say who has read its own list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { postgres } from '../support/engines.ts'
import { openGate } from '../support/gate.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const path = '/.well-known/jwks.json'

describe('F-KEY-01: the keys of a server without its store', { skip: postgres.missing() }, () => {
  it('are given out, and nobody may keep them', async (t) => {
    const store = await postgres.open()
    t.after(store.cleanUp)
    const url = store.env.DATABASE_URL ?? ''
    const proxy = await startTcpProxy({ port: Number(new URL(url).port) })
    t.after(() => proxy.close())
    const opened = { ...store, env: { DATABASE_URL: proxy.through(url) }, cleanUp: async () => {} }
    const gate = await openGate(undefined, { engine: { ...postgres, open: async () => opened } })
    t.after(gate.close)
    const client = gate.client()
    const named = { 'Sallyport-Reader': 'a-reader-with-a-name' }
    const before = await client.get(path, { headers: named })
    assert.equal(before.headers['cache-control'], 'private, max-age=300, stale-while-revalidate=600')

    proxy.cut()

    for (const headers of [{}, { 'Sallyport-Reader': 'another-with-a-name' }]) {
      const reply = await client.get(path, { headers })
      assert.deepEqual([reply.status, reply.body.keys.length], [200, 1])
      assert.equal(reply.headers['cache-control'], 'no-store')
    }
  })
})
