/**
 * express-session over our Store, through HTTP, in an application that embeds the router: its own data in `req.session` is kept,
 * and nothing that a request does brings an ended session back (D6; expressjs/session #632, connect-redis #328).
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import express, { type Request } from 'express'
import { deployments } from '../support/engines.ts'
import { openGate, type TestAccount } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'

type OwnSession = { cart?: string[]; note?: string; state?: unknown }

const ownSession = (req: Request) => (req as unknown as { session: OwnSession }).session

for (const engine of deployments) {
  describe(`session store, ${engine.name}`, { skip: engine.missing() }, () => {
    const openShop = async (t: { after(done: () => Promise<void>): void }) => {
      const gate = await openGate(t, { engine })
      const { router, requireSession } = gate.sallyport()
      let release: () => void = () => {}
      let arrived: () => void = () => {}

      const app = express()
      app.use(router)
      app.use(requireSession)
      app.post('/cart/:item', (req, res) => {
        const own = ownSession(req)
        own.cart = [...(own.cart ?? []), req.params.item]
        res.json(own.cart)
      })
      app.get('/cart', (req, res) => void res.json(ownSession(req).cart ?? []))
      app.post('/slow/:item', async (req, res) => {
        await new Promise<void>((resolve) => {
          release = resolve
          arrived()
        })
        ownSession(req).cart = [req.params.item]
        res.json('done')
      })
      app.post('/note/:length', (req, res) => {
        ownSession(req).note = 'x'.repeat(Number(req.params.length))
        res.json('noted')
      })
      app.post('/promote', (req, res) => {
        ownSession(req).state = { stage: 'verified', sessionId: 'ses_mine', accountId: 'acc_other', amr: [] }
        res.json('promoted')
      })
      const server = app.listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(async () => {
        server.closeAllConnections()
        server.close()
      })

      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const enter = async (account: TestAccount, client = createClient(url)): Promise<Client> =>
        gate.enter(account, client)
      return {
        gate,
        enter,
        /** A request to /slow that has passed the guard and waits for `let it go`. */
        async inFlight(client: Client, item = 'late') {
          const there = new Promise<void>((resolve) => {
            arrived = resolve
          })
          const reply = client.clone().post(`/slow/${item}`)
          await there
          return async () => {
            release()
            return reply
          }
        },
        /** The row of the session that a client has. */
        async row(client: Client) {
          const { body } = await client.get('/auth/session')
          return body.sessionId as string
        },
        stored: (id: string) => gate.sallyport().inside.gate.stores.read.sessions.find(id),
      }
    }

    it('keeps what an application puts into req.session', async (t) => {
      const shop = await openShop(t)
      const client = await shop.enter(await shop.gate.makeAccount())
      assert.deepEqual((await client.get('/cart')).body, [])
      assert.deepEqual((await client.post('/cart/tea')).body, ['tea'])
      assert.deepEqual((await client.post('/cart/milk')).body, ['tea', 'milk'])
      shop.gate.clock.advance('10m')
      assert.deepEqual((await client.get('/cart')).body, ['tea', 'milk'])
    })

    it('keeps it through a token, a refresh and a while', async (t) => {
      const shop = await openShop(t)
      const client = await shop.enter(await shop.gate.makeAccount())
      await client.post('/cart/tea')
      const { refreshToken } = await shop.gate.bothTokens(client)
      assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200)
      for (let hour = 0; hour < 20; hour++) {
        shop.gate.clock.advance('1h')
        assert.deepEqual((await client.get('/cart')).body, ['tea'])
      }
    })

    it('keeps it apart from every other session, and from the next one', async (t) => {
      const shop = await openShop(t)
      const ada = await shop.gate.makeAccount('ada@example.test')
      const client = await shop.enter(ada)
      await client.post('/cart/tea')
      const bob = await shop.enter(await shop.gate.makeAccount('bob@example.test'))
      assert.deepEqual((await bob.get('/cart')).body, [])
      assert.deepEqual((await (await shop.enter(ada)).get('/cart')).body, [])
      await shop.enter(ada, client)
      assert.deepEqual((await client.get('/cart')).body, [])
    })

    it('lets nobody in without a verified session', async (t) => {
      const shop = await openShop(t)
      const ada = await shop.gate.makeAccount()
      const client = await shop.enter(ada)
      await shop.gate.logIn(ada, client)
      assert.equal((await client.get('/cart')).body.code, 'otp_required')
      client.cookies.clear()
      assert.equal((await client.get('/cart')).body.code, 'session_missing')
    })

    for (const [end, because] of [
      ['a logout', 'logged_out'],
      ['a login that replaces it', 'replaced'],
      ['a disabled account', 'disabled'],
    ] as const) {
      it(`a request in flight does not bring a session back after ${end}`, async (t) => {
        const shop = await openShop(t)
        const ada = await shop.gate.makeAccount()
        const client = await shop.enter(ada)
        await client.post('/cart/tea')
        const stolen = client.clone()
        const id = await shop.row(client)
        const letGo = await shop.inFlight(client)

        if (because === 'logged_out') assert.equal((await client.post('/auth/logout')).status, 200)
        if (because === 'replaced') await shop.gate.logIn(ada, client)
        if (because === 'disabled') await shop.gate.disable(ada)
        const before = await shop.stored(id)
        await letGo()

        assert.deepEqual(await shop.stored(id), before)
        assert.equal(before?.endedBecause, because)
        const refused = await stolen.get('/cart')
        assert.deepEqual(
          [refused.status, refused.body.code, refused.body.reason],
          [401, 'session_ended', because],
        )
        assert.equal((await stolen.get('/auth/session')).body.stage, 'anonymous')
      })
    }

    it('does not let an application change whose session it is, or its stage', async (t) => {
      const shop = await openShop(t)
      const ada = await shop.gate.makeAccount()
      const client = await shop.enter(ada)
      await client.post('/promote')
      const { body } = await client.get('/auth/session')
      assert.deepEqual(body.user, { id: ada.id, email: ada.email })
      const stored = await shop.stored(body.sessionId)
      assert.equal(stored?.accountId, ada.id)
      assert.equal(stored?.data.includes('acc_other'), false)
    })

    it('keeps no more than 16 kB, and the session goes on', async (t) => {
      const shop = await openShop(t)
      const client = await shop.enter(await shop.gate.makeAccount())
      await client.post('/cart/tea')
      await client.post('/note/20000')
      assert.deepEqual((await client.get('/cart')).body, ['tea'])
      const stored = await shop.stored(await shop.row(client))
      assert.equal((stored?.data.length ?? 0) < 16_384, true)
    })

    it('gives a cookie to nobody who did not log in', async (t) => {
      const shop = await openShop(t)
      const client = await shop.enter(await shop.gate.makeAccount())
      client.cookies.clear()
      assert.deepEqual((await client.get('/auth/session')).setCookies, [])
      assert.deepEqual((await client.get('/cart')).setCookies, [])
      client.cookies.set('sallyport.sid', 's%3Amade-up.signature')
      assert.deepEqual((await client.get('/cart')).setCookies, [])
    })
  })
}
