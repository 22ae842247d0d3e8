/** The audit trail, on every engine: what was written is whole, in order, and shows whoever touched it (A-AUD-01). */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores, sessionSecret } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

for (const engine of [...engines, memory]) {
  describe(`audit trail, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    const append = (at: number) =>
      stores.atomically(({ audit }) =>
        audit.append({
          type: 'login.accepted',
          at,
          flowId: 'flow',
          accountId: 'ada',
          sessionId: 'ses',
          device: 'a test',
          address: '127.0.0.1',
          detail: { at },
        }),
      )
    const seal = (limit = 100) => stores.atomically(({ audit }) => audit.seal(limit))
    const purge = (before: number, limit = 100) =>
      stores.atomically(({ audit }) => audit.purge(before, limit))
    const verify = () => stores.read.audit.verify()
    /** What somebody does who can write to the store but has no key. */
    const tamper = (statement: string, values: (string | number | null)[] = []) =>
      stores.database.atomically(({ run }) => run(statement, values))
    const idAt = async (position: number) =>
      String(
        (await stores.database.read('select event_id from audit_seals where position = ?1', [position]))[0]
          ?.event_id,
      )

    before(async () => {
      opened = await engine.open()
    })
    beforeEach(async () => {
      stores = await openTestStores(opened.database)
      for (const table of ['audit_events', 'audit_pending', 'audit_seals'])
        await tamper(`delete from ${table}`)
      await tamper(`update singletons set value = '{}' where name = 'audit_chain'`)
      for (let at = 1; at <= 6; at++) await append(at)
    })
    afterEach(() => stores.close())
    after(() => opened.cleanUp())

    it('gives what happened in one flow, in order, and as much as was asked for', async () => {
      const other = { type: 'session.ended', at: 7, flowId: 'another' }
      await stores.atomically(({ audit }) => audit.append(other))
      const times = async (flowId: string, limit: number) =>
        (await stores.read.audit.ofFlow(flowId, limit)).map(({ at }) => at)
      assert.deepEqual(await times('flow', 10), [1, 2, 3, 4, 5, 6])
      assert.deepEqual(await times('flow', 2), [1, 2])
      assert.deepEqual(await times('nowhere', 10), [])
      const [entry] = await stores.read.audit.ofFlow('another', 10)
      assert.deepEqual([entry?.type, entry?.accountId, entry?.detail], ['session.ended', null, {}])
    })

    it('is sealed in order, in steps, once', async () => {
      assert.equal(await stores.read.audit.hasPending(), true)
      assert.deepEqual([await seal(4), await seal(4), await seal(4)], [4, 2, 0])
      assert.equal(await stores.read.audit.hasPending(), false)
      const report = await verify()
      assert.deepEqual([report.sealed, report.head.position, report.faults], [6, 6, []])
      const rows = await stores.database.read(
        'select e.at from audit_seals s join audit_events e on e.id = s.event_id order by s.position',
      )
      assert.deepEqual(
        rows.map(({ at }) => at),
        [1, 2, 3, 4, 5, 6],
      )
    })

    it('is sealed whole by two that seal at once, while others append', async () => {
      await Promise.all([
        ...Array.from({ length: 20 }, (_, index) => append(100 + index)),
        ...Array.from({ length: 10 }, () => seal(3)),
      ])
      while ((await seal()) > 0);
      const report = await verify()
      assert.deepEqual([report.sealed, report.faults], [26, []])
    })

    it('has no entry of an act that was undone', async () => {
      await assert.rejects(
        stores.atomically(async ({ audit }) => {
          await audit.append({ type: 'account.created', at: 7 })
          throw new Error('no')
        }),
        { message: 'no' },
      )
      assert.equal(await seal(), 6)
    })

    it('is good without entries', async () => {
      for (const table of ['audit_events', 'audit_pending']) await tamper(`delete from ${table}`)
      assert.deepEqual(await verify(), { sealed: 0, head: { position: 0, hash: '' }, faults: [] })
    })

    for (const [column, value] of Object.entries({
      at: 99,
      type: 'login.refused',
      flow_id: 'other',
      account_id: 'bob',
      session_id: null,
      device: 'another',
      address: '10.0.0.1',
      detail: '{}',
      mac: 'forged',
    })) {
      it(`shows a changed ${column}, sealed or not`, async () => {
        await tamper(`update audit_events set ${column} = ?1 where at = 3`, [value])
        assert.match(
          (await verify()).faults.join('\n'),
          /^entry evt_\S+ \(not sealed yet\) was changed or forged$/,
        )
        await seal()
        assert.match((await verify()).faults.join('\n'), /entry 3 \(evt_\S+\) was changed or forged/)
      })
    }

    it('shows a change after the seal', async () => {
      await seal()
      await tamper(`update audit_events set account_id = 'bob' where at = 3`)
      assert.match((await verify()).faults.join('\n'), /^entry 3 \(evt_\S+\) was changed or forged$/)
    })

    it('shows an entry that was removed', async () => {
      await seal()
      const id = await idAt(3)
      await tamper('delete from audit_events where id = ?1', [id])
      assert.deepEqual((await verify()).faults, [`entry 3 (${id}) was removed`])
    })

    it('shows an entry that was removed with its seal', async () => {
      await seal()
      await tamper('delete from audit_events where id = ?1', [await idAt(3)])
      await tamper('delete from audit_seals where position = 3')
      assert.match((await verify()).faults.join('\n'), /entry 3 is missing/)
    })

    it('shows an entry that was removed with its seal, the gap closed', async () => {
      await seal()
      await tamper('delete from audit_events where id = ?1', [await idAt(3)])
      await tamper('delete from audit_seals where position = 3')
      for (const position of [4, 5, 6])
        await tamper('update audit_seals set position = ?1 where position = ?2', [position - 1, position])
      assert.match(
        (await verify()).faults.join('\n'),
        /entry 3 \(evt_\S+\) does not follow the one before it/,
      )
    })

    it('shows two entries that changed places', async () => {
      await seal()
      const [third, fourth] = [await idAt(3), await idAt(4)]
      await tamper(`update audit_seals set event_id = 'aside' where position = 3`)
      await tamper('update audit_seals set event_id = ?1 where position = 4', [third])
      await tamper('update audit_seals set event_id = ?1 where position = 3', [fourth])
      const faults = (await verify()).faults.join('\n')
      assert.match(faults, /entry 3 \(evt_\S+\) does not follow the one before it/)
      assert.match(faults, /entry 4 \(evt_\S+\) does not follow the one before it/)
    })

    it('shows an entry that somebody made up', async () => {
      await seal()
      await tamper(
        `insert into audit_events (id, at, type, detail, mac) values ('evt_forged', 7, 'account.enabled', '{}', 'forged')`,
      )
      await tamper(`insert into audit_pending (event_id) values ('evt_forged')`)
      assert.deepEqual((await verify()).faults, ['entry evt_forged (not sealed yet) was changed or forged'])
    })

    it('shows an entry that somebody made up and left out of the queue', async () => {
      await seal()
      await tamper(
        `insert into audit_events (id, at, type, detail, mac) values ('evt_forged', 7, 'account.enabled', '{}', 'forged')`,
      )
      assert.match((await verify()).faults.join('\n'), /evt_forged/)
    })

    it('shows a copy of a good entry', async () => {
      await tamper(
        `insert into audit_events (id, at, type, flow_id, account_id, session_id, device, address, detail, mac)
         select 'evt_copy', at, type, flow_id, account_id, session_id, device, address, detail, mac
         from audit_events where at = 3`,
      )
      await tamper(`insert into audit_pending (event_id) values ('evt_copy')`)
      assert.deepEqual((await verify()).faults, ['entry evt_copy (not sealed yet) was changed or forged'])
    })

    it('shows a sealed entry that was taken out of the queue before its seal', async () => {
      const [row] = await stores.database.read('select id from audit_events where at = 3')
      await tamper('delete from audit_pending where event_id = ?1', [String(row?.id)])
      await seal()
      assert.match((await verify()).faults.join('\n'), new RegExp(String(row?.id)))
    })

    it('shows that its tail was cut off', async () => {
      await seal()
      const ids = [await idAt(5), await idAt(6)]
      for (const id of ids) await tamper('delete from audit_events where id = ?1', [id])
      await tamper('delete from audit_seals where position > 4')
      assert.deepEqual((await verify()).faults, [
        'the chain ends at 4, but 6 entries were sealed: the last ones are missing',
      ])
    })

    it('shows by a head that somebody kept elsewhere that the tail and the head were cut back', async () => {
      await seal(4)
      const [before] = await stores.database.read(`select value from singletons where name = 'audit_chain'`)
      await seal()
      const kept = (await verify()).head
      for (const id of [await idAt(5), await idAt(6)])
        await tamper('delete from audit_events where id = ?1', [id])
      await tamper('delete from audit_seals where position > 4')
      await tamper(`update singletons set value = ?1 where name = 'audit_chain'`, [String(before?.value)])
      const report = await verify()
      assert.deepEqual([kept.position, report.head.position], [6, 4])
      assert.notEqual(report.head.hash, kept.hash)
    })

    it('stays good when its old part is purged, step by step, and goes on', async () => {
      await seal()
      assert.equal(await purge(4, 2), 2)
      assert.equal(await purge(4, 2), 1)
      assert.equal(await purge(4, 2), 0)
      assert.deepEqual((await verify()).faults, [])
      await append(7)
      await seal()
      const report = await verify()
      assert.deepEqual([report.sealed, report.head.position, report.faults], [4, 7, []])
    })

    it('does not purge what is not sealed yet', async () => {
      assert.equal(await purge(100), 0)
      await seal()
      assert.deepEqual([await purge(100), (await verify()).faults], [6, []])
    })

    it('shows an old part that somebody removed as if it had been purged', async () => {
      await seal()
      await tamper(
        'delete from audit_events where id in (select event_id from audit_seals where position <= 3)',
      )
      await tamper('delete from audit_seals where position <= 3')
      assert.match((await verify()).faults.join('\n'), /entry 1 is missing/)
    })

    it('shows an entry that was removed from before its seal, still in the queue', async () => {
      const [row] = await stores.database.read('select id from audit_events where at = 3')
      await tamper('delete from audit_events where id = ?1', [String(row?.id)])
      await seal()
      assert.match((await verify()).faults.join('\n'), new RegExp(String(row?.id)))
    })

    it('reads entries of the secret before the last, and none of a stranger', async (t) => {
      if (engine === memory) return t.skip('a memory store can not be opened again')
      await seal(3)
      const newer = 'another session secret, younger than the other one'
      await stores.close()
      stores = await openTestStores(opened.database, [newer, sessionSecret])
      await append(7)
      await seal()
      assert.deepEqual((await verify()).faults, [])
      await stores.close()
      stores = await openTestStores(opened.database, [newer])
      assert.notDeepEqual((await verify()).faults, [])
    })
  })
}
