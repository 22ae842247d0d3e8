/** The acts on sessions, on every engine: an ended one leaves its tombstone and never comes back (I2). */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { NewSession } from '../../src/stores/sessions.ts'
import { hashSecret } from '../../src/utils/secret.ts'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

for (const engine of [...engines, memory]) {
  describe(`sessions, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    const open = (id: string, changed: Partial<NewSession> = {}) =>
      stores.atomically(({ sessions }) => sessions.open({ ...session(id), ...changed }))
    const find = async (id: string) => {
      const found = await stores.read.sessions.find(id)
      assert.ok(found, `${id} is gone`)
      return found
    }
    const end = (id: string, now = 200) =>
      stores.atomically(({ sessions }) => sessions.end(id, 'logged_out', now))
    const grant = (id: string, family: string, now = 200) =>
      stores.atomically(({ refreshFamilies }) =>
        refreshFamilies.grant({ id, family, now, expiresAt: now + 500 }),
      )
    const rotate = (family: string, generation: number, now = 300) =>
      stores.atomically(({ refreshFamilies }) =>
        refreshFamilies.rotate({ family, generation, now, expiresAt: now + 500 }),
      )

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
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

    it('are found by id and by the digest of their secret', async () => {
      await open('found')
      const found = await find('found')
      assert.deepEqual(found, {
        id: 'found',
        accountId: 'ada',
        email: 'ada@example.test',
        stage: 'verified',
        challengeId: null,
        challengePurpose: 'login',
        deviceId: null,
        flowId: 'flow',
        amr: ['pwd', 'otp'],
        authTime: 100,
        device: 'a test',
        address: '127.0.0.1',
        createdAt: 100,
        lastSeenAt: 100,
        idleExpiresAt: 500,
        expiresAt: 1_000,
        endedAt: null,
        endedBecause: null,
        endedFrom: null,
        accountDisabledAt: null,
        claims: '{}',
        refresh: null,
        data: '{}',
        dataSavedAt: 0,
      })
      assert.deepEqual(await stores.read.sessions.findBySecret(hashSecret('found')), found)
      assert.equal(await stores.read.sessions.findBySecret(hashSecret('other')), undefined)
    })

    it('end once, and leave a tombstone with the first reason', async () => {
      await open('ended')
      const ends = await Promise.all(Array.from({ length: 50 }, () => end('ended')))
      assert.equal(ends.filter(Boolean).length, 1)
      assert.equal(await stores.atomically(({ sessions }) => sessions.end('ended', 'revoked', 300)), false)
      const { endedAt, endedBecause } = await find('ended')
      assert.deepEqual([endedAt, endedBecause], [200, 'logged_out'])
    })

    it('that have run out do not end again', async () => {
      await open('run out')
      assert.equal(await end('run out', 1_000), false)
      assert.equal((await find('run out')).endedAt, null)
    })

    it('that have ended take no data, no touch, no refresh family', async () => {
      await open('closed')
      await end('closed')
      const kept = await stores.atomically(({ sessions }) =>
        sessions.keepData(hashSecret('closed'), '{"cart":1}', 250),
      )
      await stores.atomically(({ sessions }) => sessions.touch('closed', 250, 750))
      assert.deepEqual([kept, await grant('closed', 'family of closed')], [false, undefined])
      const { data, lastSeenAt, idleExpiresAt, refresh } = await find('closed')
      assert.deepEqual([data, lastSeenAt, idleExpiresAt, refresh], ['{}', 100, 500, null])
    })

    it('keep data while they live', async () => {
      await open('keeping')
      const keep = (now: number) =>
        stores.atomically(({ sessions }) => sessions.keepData(hashSecret('keeping'), `{"at":${now}}`, now))
      assert.deepEqual([await keep(300), await keep(1_000)], [true, false])
      const { data, dataSavedAt } = await find('keeping')
      assert.deepEqual([data, dataSavedAt], ['{"at":300}', 300])
    })

    it('move their idle limit on, never back, and not after they ran into it', async () => {
      await open('touched')
      const touch = (now: number) =>
        stores.atomically(({ sessions }) => sessions.touch('touched', now, now + 400))
      await touch(400)
      assert.equal((await find('touched')).idleExpiresAt, 800)
      await touch(300)
      assert.equal((await find('touched')).idleExpiresAt, 800)
      await touch(800)
      assert.equal((await find('touched')).idleExpiresAt, 800)
    })

    it('of somebody else cannot be ended by naming them', async () => {
      await open('of bob', { accountId: 'bob' })
      const endOne = (account: string) =>
        stores.atomically(({ sessions }) => sessions.endOneOf(account, 'of bob', 'revoked', 200))
      assert.deepEqual(await endOne('ada'), [])
      assert.deepEqual([await endOne('bob'), await endOne('bob')], [['of bob'], []])
    })

    it('of an account end together, but one', async () => {
      await stores.atomically(({ accounts }) =>
        accounts.create({ id: 'eve', email: 'eve@example.test', passwordHash: '-', now: 1 }),
      )
      for (const id of ['eve 1', 'eve 2', 'eve 3']) await open(id, { accountId: 'eve' })
      const endAll = () =>
        stores.atomically(({ sessions }) => sessions.endAllOf('eve', 'eve 2', 'password_changed', 200))
      assert.deepEqual((await endAll()).sort(), ['eve 1', 'eve 3'])
      assert.deepEqual(await endAll(), [])
      assert.equal((await find('eve 2')).endedAt, null)
      assert.equal((await find('eve 3')).endedBecause, 'password_changed')
      const listed = await stores.read.sessions.listOf('eve', 200)
      assert.deepEqual(
        listed.map(({ id }) => id),
        ['eve 2'],
      )
    })

    it('are listed while verified and alive, newest first', async () => {
      await stores.atomically(({ accounts }) =>
        accounts.create({ id: 'lea', email: 'lea@example.test', passwordHash: '-', now: 1 }),
      )
      await open('lea 1', { accountId: 'lea', now: 110 })
      await open('lea 2', { accountId: 'lea', now: 120 })
      await open('lea pending', { accountId: 'lea', stage: 'otp_pending' })
      await open('lea idle', { accountId: 'lea', idleExpiresAt: 150 })
      await open('lea ended', { accountId: 'lea' })
      await end('lea ended')
      const listed = await stores.read.sessions.listOf('lea', 200)
      assert.deepEqual(
        listed.map(({ id }) => id),
        ['lea 2', 'lea 1'],
      )
    })

    it('A-RACE-17: have one refresh family, of 100 grants at once', async () => {
      await open('family')
      const granted = await Promise.all(
        Array.from({ length: 100 }, (_, index) => grant('family', `family ${index}`)),
      )
      const [winner, ...others] = granted.filter((session) => session !== undefined)
      assert.equal(others.length, 0)
      assert.deepEqual((await find('family')).refresh, winner?.refresh)
      assert.equal(winner?.refresh?.generation, 1)
    })

    it('grant a family only when verified, and never beyond their own end', async () => {
      await open('pending', { stage: 'otp_pending' })
      assert.equal(await grant('pending', 'family of pending'), undefined)
      await open('near its end', { expiresAt: 600 })
      assert.equal((await grant('near its end', 'short family'))?.refresh?.expiresAt, 600)
      assert.equal((await rotate('short family', 1))?.refresh?.expiresAt, 600)
    })

    it('A-RACE-03: rotate once for a generation, of 200 at once', async () => {
      await open('rotating')
      await grant('rotating', 'rotating family')
      const rotated = await Promise.all(Array.from({ length: 200 }, () => rotate('rotating family', 1)))
      assert.deepEqual(
        rotated.flatMap((session) => session?.refresh?.generation ?? []),
        [2],
      )
      const found = await stores.read.refreshFamilies.find('rotating family')
      assert.deepEqual(found?.refresh, {
        family: 'rotating family',
        generation: 2,
        rotatedAt: 300,
        expiresAt: 800,
      })
    })

    it('do not rotate once they, or their refresh tokens, have ended', async () => {
      await open('stopped')
      await grant('stopped', 'stopped family')
      assert.equal(await rotate('stopped family', 1, 700), undefined)
      assert.equal((await rotate('stopped family', 1, 699))?.refresh?.generation, 2)
      await end('stopped', 750)
      assert.equal(await rotate('stopped family', 2, 760), undefined)
      assert.equal(await rotate('no such family', 1), undefined)
    })

    it('know when their account was disabled', async () => {
      await open('of bob too', { accountId: 'bob' })
      await stores.atomically(({ accounts }) => accounts.disable('bob', 222))
      assert.equal((await find('of bob too')).accountDisabledAt, 222)
    })

    it('are forgotten with their tombstones, in small steps, and only then', async () => {
      const old = { expiresAt: 20, idleExpiresAt: 20, now: 10 }
      for (const id of ['old 1', 'old 2', 'old 3']) await open(id, old)
      await open('old tombstone', { now: 10 })
      await end('old tombstone', 15)
      const purge = () => stores.atomically(({ sessions }) => sessions.purge(50, 3))
      assert.deepEqual([await purge(), await purge()], [3, 1])
      assert.equal(await stores.read.sessions.find('old tombstone'), undefined)
      assert.equal((await find('ended')).endedBecause, 'logged_out')
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
    idleExpiresAt: 500,
    expiresAt: 1_000,
  }
}
