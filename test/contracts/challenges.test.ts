/** The acts on challenges, on every engine: charge, compare and consume are one statement (I3). */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

for (const engine of [...engines, memory]) {
  describe(`challenges, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    const open = (id: string) =>
      stores.atomically(({ challenges }) =>
        challenges.open({ id, accountId: 'ada', now: 1_000, expiresAt: 2_000, attempts: 5 }),
      )
    const spend = (id: string, correct: boolean, now = 1_500) =>
      stores.atomically(({ challenges }) => challenges.spendAttempt({ id, purpose: 'login', correct, now }))
    const resend = (id: string, now: number) =>
      stores.atomically(({ challenges }) => challenges.resend({ id, now, notAfter: now - 30 }))

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
      await stores.atomically(({ accounts }) =>
        accounts.create({ id: 'ada', email: 'ada@example.test', passwordHash: '-', now: 1 }),
      )
    })
    after(async () => {
      await stores.close()
      await opened.cleanUp()
    })

    it('charge five wrong codes and then none, the right one neither', async () => {
      await open('five')
      const left: (number | undefined)[] = []
      for (let guess = 0; guess < 6; guess++) left.push((await spend('five', false))?.attemptsLeft)
      assert.deepEqual(left, [4, 3, 2, 1, 0, undefined])
      assert.equal(await spend('five', true), undefined)
    })

    it('are consumed by one right code', async () => {
      await open('once')
      await spend('once', false)
      const spent = await spend('once', true)
      assert.deepEqual([spent?.consumedAt, spent?.attemptsLeft], [1_500, 3])
      assert.equal(await spend('once', true), undefined)
      assert.equal((await stores.read.challenges.find('once'))?.consumedAt, 1_500)
    })

    it('expire at their time, not after it', async () => {
      await open('expiring')
      assert.equal(await spend('expiring', true, 2_000), undefined)
      assert.equal((await spend('expiring', true, 1_999))?.consumedAt, 1_999)
    })

    it('are not there for an unknown id', async () => {
      assert.equal(await spend('unknown', true), undefined)
      assert.equal(await stores.read.challenges.find('unknown'), undefined)
    })

    it('A-RACE-01: charge exactly five of 200 wrong codes at once', async () => {
      await open('wide')
      const spent = await Promise.all(Array.from({ length: 200 }, () => spend('wide', false)))
      assert.deepEqual(spent.flatMap((challenge) => challenge?.attemptsLeft ?? []).sort(), [0, 1, 2, 3, 4])
    })

    it('A-RACE-02: accept exactly one of 200 right codes at once', async () => {
      await open('right')
      const spent = await Promise.all(Array.from({ length: 200 }, () => spend('right', true)))
      assert.equal(spent.filter(Boolean).length, 1)
    })

    it('give a charge back with the act that rejects: whoever refuses must return, not throw', async () => {
      await open('undone')
      await assert.rejects(
        stores.atomically(async ({ challenges }) => {
          await challenges.spendAttempt({ id: 'undone', purpose: 'login', correct: true, now: 1_500 })
          throw new Error('no session')
        }),
      )
      assert.deepEqual(
        [
          (await stores.read.challenges.find('undone'))?.attemptsLeft,
          (await spend('undone', true))?.attemptsLeft,
        ],
        [5, 4],
      )
    })

    it('A-RACE-12: are sent again once in the pause, of 100 at once, without refilling anything', async () => {
      await open('again')
      await spend('again', false, 1_010)
      assert.equal(await resend('again', 1_029), undefined)
      const sent = await Promise.all(Array.from({ length: 100 }, () => resend('again', 1_030)))
      assert.equal(sent.filter(Boolean).length, 1)
      const challenge = await stores.read.challenges.find('again')
      assert.deepEqual([challenge?.sentAt, challenge?.attemptsLeft, challenge?.expiresAt], [1_030, 4, 2_000])
    })

    it('are not sent again once consumed, exhausted or expired', async () => {
      for (const id of ['consumed', 'exhausted', 'expired']) await open(id)
      await spend('consumed', true)
      for (let guess = 0; guess < 5; guess++) await spend('exhausted', false)
      assert.equal(await resend('consumed', 1_600), undefined)
      assert.equal(await resend('exhausted', 1_600), undefined)
      assert.equal(await resend('expired', 2_000), undefined)
    })

    it('are purged once expired, in small steps', async () => {
      for (let index = 0; index < 5; index++) {
        await stores.atomically(({ challenges }) =>
          challenges.open({ id: `old ${index}`, accountId: 'ada', now: 1, expiresAt: 10, attempts: 5 }),
        )
      }
      const purge = () => stores.atomically(({ challenges }) => challenges.purge(11, 3))
      assert.deepEqual([await purge(), await purge(), await purge()], [3, 2, 0])
      assert.equal((await stores.read.challenges.find('once'))?.id, 'once')
    })
  })
}
