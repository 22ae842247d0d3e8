/** Which sessions have ended, on every engine: whole pages in order, the ones of deleted accounts too. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { rememberedMs, selectEnded } from '../../src/stores/revocations.ts'
import type { NewSession } from '../../src/stores/sessions.ts'
import { hashSecret } from '../../src/utils/secret.ts'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

const start = 10 * rememberedMs

for (const engine of [...engines, memory]) {
  describe(`ended sessions, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    const open = (id: string, changed: Partial<NewSession> = {}) =>
      stores.atomically(({ sessions }) => sessions.open({ ...session(id), ...changed }))
    const end = (id: string, now: number) =>
      stores.atomically(({ sessions }) => sessions.end(id, 'logged_out', now))
    const endedSince = (since: number, now = start + 100_000, limit = 100) =>
      stores.read.revocations.endedSince(since, now, limit)
    const remove = (id: string, now: number) => stores.atomically(({ accounts }) => accounts.remove(id, now))

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
    })
    beforeEach(async () => {
      await stores.atomically(({ revocations }) => revocations.purge(Number.MAX_SAFE_INTEGER, 1_000))
      for (const id of ['ada', 'bob']) await remove(id, 1)
      await stores.atomically(({ revocations }) => revocations.purge(Number.MAX_SAFE_INTEGER, 1_000))
      for (const id of ['ada', 'bob']) {
        await stores.atomically(({ accounts }) =>
          accounts.create({ id, email: `${id}@example.test`, passwordHash: '-', now: 1 }),
        )
      }
    })
    after(async () => {
      await stores.close()
      await opened.cleanUp()
    })

    it('are those that ended at the time or later, oldest first', async () => {
      for (const id of ['a', 'b', 'c', 'alive']) await open(id)
      await end('c', start + 10)
      await end('a', start + 20)
      await end('b', start + 30)

      assert.deepEqual(await endedSince(start), { ids: ['c', 'a', 'b'], next: undefined })
      assert.deepEqual((await endedSince(start + 20)).ids, ['a', 'b'])
      assert.deepEqual((await endedSince(start + 31)).ids, [])
    })

    it('are no logins that never came to a token', async () => {
      await open('pending', { stage: 'otp_pending', challengeId: 'x' })
      await end('pending', start + 10)

      assert.deepEqual((await endedSince(0)).ids, [])
    })

    it('are also those that reached their limit, once they have', async () => {
      await open('limited', { expiresAt: start + 50 })

      assert.deepEqual((await endedSince(start, start + 49)).ids, [])
      assert.deepEqual((await endedSince(start, start + 50)).ids, ['limited'])
      assert.deepEqual((await endedSince(start + 51, start + 60)).ids, [])
    })

    it('stay known when their account is deleted, as long as a token may live', async () => {
      const long = start - rememberedMs
      for (const id of ['alive', 'ended', 'long ago', 'pending', 'of bob']) await open(id)
      await open('of bob too', { accountId: 'bob' })
      await open('pending too', { stage: 'otp_pending', challengeId: 'x' })
      await end('ended', start - 5)
      await end('long ago', long)

      assert.equal(await remove('ada', start), true)

      assert.equal(await stores.read.sessions.find('alive'), undefined)
      assert.deepEqual((await endedSince(0)).ids, ['ended', 'alive', 'of bob', 'pending'])
      const purge = (before: number) => stores.atomically(({ revocations }) => revocations.purge(before, 100))
      assert.equal(await purge(start), 1)
      assert.equal(await purge(start + 1), 3)
      assert.deepEqual((await endedSince(0)).ids, [])
    })

    it('are not noted when the deletion is undone', async () => {
      await open('kept')
      await assert.rejects(
        stores.atomically(async ({ accounts }) => {
          await accounts.remove('ada', start)
          throw new Error('no')
        }),
        /no/,
      )

      assert.deepEqual((await endedSince(0)).ids, [])
      assert.ok(await stores.read.sessions.find('kept'))
    })

    it('come page by page, each once, however many end in one millisecond', async () => {
      const cases = fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (times, limit) => {
          await remove('ada', 1)
          await stores.atomically(({ revocations }) => revocations.purge(Number.MAX_SAFE_INTEGER, 1_000))
          await stores.atomically(({ accounts }) =>
            accounts.create({ id: 'ada', email: 'ada@example.test', passwordHash: '-', now: 1 }),
          )
          for (const [index, time] of times.entries()) {
            await open(`s${index}`)
            await end(`s${index}`, start + time)
          }
          const seen: string[] = []
          let cursor: number | undefined = start
          while (cursor !== undefined) {
            const page = await endedSince(cursor, start + 100, limit)
            assert.ok(page.next === undefined || page.next > cursor)
            assert.ok(page.next === undefined || page.ids.length > 0)
            seen.push(...page.ids)
            cursor = page.next
          }
          assert.deepEqual(seen.sort(), times.map((_, index) => `s${index}`).sort())
        },
      )
      await fc.assert(cases, { numRuns: engine === memory ? 100 : 10 })
    })

    it('are found by an index', async () => {
      // Postgres reads a small table whole, whatever its indexes.
      if (engine.name === 'postgres') return
      const plan = await stores.database.read(`explain query plan ${selectEnded}`, [1, 2, 3, 4])
      const text = JSON.stringify(plan)
      for (const index of ['sessions_end', 'sessions_expiry', 'deleted_sessions_end'])
        assert.match(text, new RegExp(`USING INDEX ${index} |USING COVERING INDEX ${index} `))
      assert.doesNotMatch(text, /SCAN (sessions|deleted_sessions)/)
    })
  })
}

function session(id: string): NewSession {
  return {
    id,
    secretHash: hashSecret(id),
    accountId: 'ada',
    stage: 'verified',
    challengeId: null,
    flowId: 'flow',
    amr: ['pwd', 'otp'],
    authTime: 100,
    device: 'a test',
    address: '127.0.0.1',
    now: 100,
    idleExpiresAt: start + 1_000_000,
    expiresAt: start + 10_000_000,
  }
}
