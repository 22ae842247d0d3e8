/** What an embedding application does with the session that it is lent. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import express from 'express'
import { openGate } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'

declare module 'express-session' {
  interface SessionData {
    seen: number
  }
}

/** An app of somebody else over the gate's own store, on a port of its own. */
async function openShop(t: TestContext) {
  const gate = await openGate(t)
  const { router, requireSession } = gate.sallyport()
  const app = express()
  app.use(router)
  app.get('/seen', requireSession, (req, res) => {
    req.session.seen = (req.session.seen ?? 0) + 1
    res.json({ seen: req.session.seen })
  })
  app.post('/leave', requireSession, (req, res) => {
    req.session.destroy(() => res.json({ left: true }))
  })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  const shop = createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(shop.close)
  const lend = (client: Client) => {
    for (const [name, value] of client.cookies) shop.cookies.set(name, value)
    return shop
  }
  return { gate, lend }
}

describe("an application's own data in the session", () => {
  it('is kept, and the cookie keeps all its attributes', async (t) => {
    const { gate, lend } = await openShop(t)
    const shop = lend(await gate.enter(await gate.makeAccount()))

    const first = await shop.get('/seen')
    assert.deepEqual(first.body, { seen: 1 })
    for (const cookie of first.setCookies)
      assert.match(cookie, /Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/)
    assert.deepEqual((await shop.get('/seen')).body, { seen: 2 })
  })

  it('goes with req.session.destroy(), which ends the session as a logout does', async (t) => {
    const { gate, lend } = await openShop(t)
    const client = await gate.enter(await gate.makeAccount())
    const shop = lend(client)

    assert.equal((await shop.post('/leave')).status, 200)

    const session = (await client.get('/auth/session')).body
    assert.deepEqual([session.stage, session.endedBecause], ['anonymous', 'logged_out'])
  })
})
