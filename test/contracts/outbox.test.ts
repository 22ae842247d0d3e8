/** The acts on the outbox, on every engine: a mail is leased to one process at a time and lost by none (F-SMTP-02). */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

for (const engine of [...engines, memory]) {
  describe(`outbox, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    /** Another process on the same store. */
    let other: TestStores
    const put = (id: string, createdAt = 100) =>
      stores.atomically(({ outbox }) =>
        outbox.put({
          id,
          to: 'ada@example.test',
          kind: 'login_code',
          challengeId: 'chl',
          detail: { device: 'Grüße' },
          createdAt,
          expiresAt: 10_000,
        }),
      )
    const claim = (at: TestStores, now: number, limit = 10) =>
      at.atomically(({ outbox }) => outbox.claim({ now, leaseMs: 60, limit }))
    const idsOf = (mails: { id: string }[]) => mails.map(({ id }) => id).sort()

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
      other = engine === memory ? stores : await openTestStores(opened.database)
    })
    beforeEach(() => stores.database.atomically(({ run }) => run('delete from mail_outbox')))
    after(async () => {
      await stores.close()
      if (other !== stores) await other.close()
      await opened.cleanUp()
    })

    it('gives a mail out as it was put in, and counts the attempt', async () => {
      assert.equal(await stores.read.outbox.due(100), false)
      await put('a')
      assert.deepEqual([await stores.read.outbox.due(99), await stores.read.outbox.due(100)], [false, true])
      assert.deepEqual(await claim(stores, 100), [
        {
          id: 'a',
          to: 'ada@example.test',
          kind: 'login_code',
          challengeId: 'chl',
          detail: { device: 'Grüße' },
          attempts: 1,
          isForNobody: false,
          createdAt: 100,
          expiresAt: 10_000,
        },
      ])
    })

    it('leases a mail until its lease ends: a process that dies gives it back', async () => {
      await put('a')
      assert.deepEqual(idsOf(await claim(stores, 100)), ['a'])
      assert.deepEqual(await claim(other, 159), [])
      const [again] = await claim(other, 160)
      assert.equal(again?.attempts, 2)
    })

    it('gives the oldest first, and no more than asked for', async () => {
      for (const [id, at] of [
        ['c', 30],
        ['a', 10],
        ['b', 20],
      ] as const) {
        await put(id, at)
      }
      assert.deepEqual(idsOf(await claim(stores, 100, 2)), ['a', 'b'])
      assert.deepEqual(idsOf(await claim(stores, 100, 2)), ['c'])
    })

    it('gives each mail to one of two claimers at once, and all of them to somebody', async () => {
      for (let round = 0; round < 10; round++) {
        const ids = Array.from({ length: 20 }, (_, index) => `${round} ${index}`)
        await Promise.all(ids.map((id) => put(id)))
        const claimed: string[] = []
        for (let turn = 0; turn < 50 && claimed.length < ids.length; turn++) {
          const [mine, theirs] = await Promise.all([claim(stores, 100, 10), claim(other, 100, 10)])
          claimed.push(...idsOf(mine), ...idsOf(theirs))
        }
        assert.deepEqual(claimed.sort(), ids.sort())
      }
    })

    it('does not give out what was sent', async () => {
      await put('a')
      await claim(stores, 100)
      await stores.atomically(({ outbox }) => outbox.markSent('a', 110))
      assert.deepEqual([await claim(stores, 9_000), await stores.read.outbox.due(9_000)], [[], false])
    })

    it('gives what failed out again at its time, and what was given up never', async () => {
      await put('later')
      await put('never')
      await claim(stores, 100)
      const fail = (id: string, nextAttemptAt: number | null) =>
        stores.atomically(({ outbox }) =>
          outbox.markFailed(id, { now: 110, nextAttemptAt, error: '451 later' }),
        )
      await fail('later', 130)
      await fail('never', null)
      assert.deepEqual(await claim(stores, 129), [])
      assert.deepEqual(idsOf(await claim(stores, 130)), ['later'])
      assert.deepEqual(idsOf(await claim(stores, 9_000)), ['later'])
    })

    it('a failure that comes after a success changes nothing', async () => {
      await put('a')
      await claim(stores, 100)
      await stores.atomically(({ outbox }) => outbox.markSent('a', 110))
      await stores.atomically(({ outbox }) =>
        outbox.markFailed('a', { now: 120, nextAttemptAt: 130, error: 'late' }),
      )
      assert.deepEqual(await claim(stores, 9_000), [])
    })

    it('keeps nothing of a mail whose act was undone', async () => {
      const act = stores.atomically(async (acts) => {
        await acts.outbox.put({
          id: 'undone',
          to: 'ada@example.test',
          kind: 'login_code',
          challengeId: null,
          detail: {},
          createdAt: 1,
          expiresAt: 2,
        })
        throw new Error('no')
      })
      await assert.rejects(act, { message: 'no' })
      assert.deepEqual(await claim(stores, 9_000), [])
    })

    it('counts what waits, what was sent and what was given up', async () => {
      assert.deepEqual(await stores.read.outbox.tally(), { waiting: 0, sent: 0, failed: 0 })
      for (const id of ['a', 'b', 'c', 'd']) await put(id)
      await stores.atomically(({ outbox }) => outbox.markSent('a', 110))
      const failure = { now: 120, nextAttemptAt: null, error: 'no such mailbox' }
      await stores.atomically(({ outbox }) => outbox.markFailed('b', failure))
      assert.deepEqual(await stores.read.outbox.tally(), { waiting: 2, sent: 1, failed: 1 })
    })

    it('is purged of what has expired, in small steps', async () => {
      for (const id of ['a', 'b', 'c']) await put(id)
      const purge = (before: number) => stores.atomically(({ outbox }) => outbox.purge(before, 2))
      assert.deepEqual([await purge(10_000), await purge(10_001), await purge(10_001)], [0, 2, 1])
    })
  })
}
