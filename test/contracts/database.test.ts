/** The Database contract: the same three verbs on every engine. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Database } from '../../src/stores/database.ts'
import { openDatabase } from '../../src/stores/stores.ts'
import { embedded, memory, type OpenedEngine, postgres } from '../support/engines.ts'

const unavailable = { name: 'Problem', code: 'service_unavailable' }

for (const engine of [embedded, memory, postgres]) {
  describe(`database, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let database: Database
    const open = () => openDatabase(opened.database, { sync: 'full', onFault: () => {} })
    const put = (id: string, amount = 0) =>
      database.atomically(({ run }) => run('insert into things (id, amount) values (?1, ?2)', [id, amount]))
    const ids = async () => (await database.read('select id from things order by id')).map(({ id }) => id)

    before(async () => {
      opened = await engine.open()
      database = open()
      await database.atomically(({ script }) =>
        script('create table things (id text primary key, amount bigint, note text)'),
      )
    })
    beforeEach(() => database.atomically(({ run }) => run('delete from things')))
    after(async () => {
      await database.close()
      await opened.cleanUp()
    })

    it('gives values back as they were: milliseconds, text of every script, null', async () => {
      const note = 'Grüße, 你好, שלום, 🐎, \' " \\ ?1 $1'
      await database.atomically(({ run }) =>
        run('insert into things (id, amount, note) values (?1, ?2, ?3)', ['a', 8_640_000_000_000_000, note]),
      )
      await put('b')
      assert.deepEqual(
        (await database.read('select * from things order by id')).map((row) => ({ ...row })),
        [
          { id: 'a', amount: 8_640_000_000_000_000, note },
          { id: 'b', amount: 0, note: null },
        ],
      )
    })

    it('takes one parameter at several places of a statement', async () => {
      await put('a', 3)
      const rows = await database.read('select id from things where amount >= ?1 and amount <= ?1', [3])
      assert.equal(rows.length, 1)
    })

    it('shows an act to every read once it has resolved', async () => {
      for (let turn = 0; turn < 20; turn++) {
        await put(`row ${turn}`)
        assert.equal((await ids()).length, turn + 1)
      }
    })

    it('shows nothing of an act that is under way', async () => {
      let seen: Promise<unknown[]> = Promise.resolve(['not asked'])
      const act = database.atomically(async ({ run }) => {
        await run('insert into things (id) values (?1)', ['half'])
        seen = database.read('select * from things')
        await run('select 1 as one')
        throw new Error('no')
      })
      await assert.rejects(act, { message: 'no' })
      assert.deepEqual(await seen, [])
    })

    it('undoes an act that rejects, whole, and passes its reason on', async () => {
      const reason = new Error('changed my mind')
      const act = database.atomically(async ({ run }) => {
        await run('insert into things (id) values (?1)', ['a'])
        await run('insert into things (id) values (?1)', ['b'])
        throw reason
      })
      await assert.rejects(act, (thrown) => thrown === reason)
      assert.deepEqual(await ids(), [])
    })

    it('takes nothing else with it when one of many acts that share a commit rejects', async () => {
      const acts = Array.from({ length: 30 }, (_, index) =>
        database.atomically(async ({ run }) => {
          await run('insert into things (id) values (?1)', [`${index}`.padStart(2, '0')])
          if (index % 10 === 4) throw new Error(`no to ${index}`)
          return index
        }),
      )
      const settled = await Promise.allSettled(acts)
      const refused = settled.flatMap((act) => (act.status === 'rejected' ? [act.reason.message] : []))
      assert.deepEqual(refused, ['no to 4', 'no to 14', 'no to 24'])
      const kept = await ids()
      assert.equal(kept.length, 27)
      assert.deepEqual(
        ['04', '14', '24'].filter((id) => kept.includes(id)),
        [],
      )
    })

    it('rejects a broken constraint as itself, not as an outage, and goes on', async () => {
      await put('a')
      const twice = database.atomically(async ({ run }) => {
        await run('insert into things (id) values (?1)', ['b'])
        await run('insert into things (id) values (?1)', ['a'])
      })
      await assert.rejects(
        twice,
        (thrown: Error) => thrown.name !== 'Problem' && /unique/i.test(thrown.message),
      )
      await put('c')
      assert.deepEqual(await ids(), ['a', 'c'])
    })

    it('rejects a wrong statement as itself', async () => {
      await assert.rejects(database.read('selekt 1'), (thrown: Error) => thrown.name !== 'Problem')
      await assert.rejects(
        database.read('select * from nowhere'),
        (thrown: Error) => thrown.name !== 'Problem',
      )
    })

    it('loses no increment of a hundred at once', async () => {
      await put('counter')
      await Promise.all(
        Array.from({ length: 100 }, () =>
          database.atomically(({ run }) => run(`update things set amount = amount + 1 where id = 'counter'`)),
        ),
      )
      assert.equal((await database.read('select amount from things'))[0]?.amount, 100)
    })

    it('lets one of many read-then-write acts at once see the row free, where the row is held', async () => {
      await put('seat', 0)
      const takers = await Promise.all(
        Array.from({ length: 40 }, () =>
          database.atomically(async ({ run }) => {
            const [row] = await run(`select amount from things where id = 'seat' for update`)
            if (row?.amount !== 0) return false
            await run(`update things set amount = 1 where id = 'seat'`)
            return true
          }),
        ),
      )
      assert.equal(takers.filter(Boolean).length, 1)
    })

    it('ends what is under way before it closes, and refuses afterwards', async () => {
      const other = open()
      if (engine !== memory) {
        const acts = Array.from({ length: 5 }, (_, index) =>
          other.atomically(({ run }) => run('insert into things (id) values (?1)', [`last ${index}`])),
        )
        await other.close()
        assert.equal((await Promise.all(acts)).length, 5)
        assert.equal((await ids()).length, 5)
      } else await other.close()
      await assert.rejects(async () => other.read('select 1 as one'))
      await assert.rejects(async () => other.atomically(({ run }) => run('select 1 as one')))
    })
  })
}

describe('database, postgres: conflicts and deadlines', { skip: postgres.missing() }, () => {
  let opened: OpenedEngine
  let database: Database
  const raise = (sqlstate: string) => `do $$ begin raise exception using errcode = '${sqlstate}'; end $$`

  before(async () => {
    opened = await postgres.open()
    database = openDatabase(opened.database, { sync: 'full', onFault: () => {} })
    await database.atomically(({ script }) =>
      script('create table things (id text primary key, amount bigint)'),
    )
  })
  after(async () => {
    await database.close()
    await opened.cleanUp()
  })

  for (const [sqlstate, name] of [
    ['40001', 'a serialization failure'],
    ['40P01', 'a deadlock'],
  ] as const) {
    it(`F-STORE-07: runs an act again after ${name}, and its effects are there once`, async () => {
      let runs = 0
      const result = await database.atomically(async ({ run, script }) => {
        runs += 1
        await run('insert into things (id, amount) values (?1, 1)', [sqlstate])
        if (runs < 3) await script(raise(sqlstate))
        return 'done'
      })
      assert.deepEqual([result, runs], ['done', 3])
      assert.equal((await database.read('select * from things where id = ?1', [sqlstate])).length, 1)
    })
  }

  it('F-STORE-07: gives up after four conflicts, as an outage', async () => {
    let runs = 0
    const act = database.atomically(async ({ script }) => {
      runs += 1
      await script(raise('40001'))
    })
    await assert.rejects(act, unavailable)
    assert.equal(runs, 4)
  })

  it('F-STORE-07: two acts that take two rows in opposite order both come through', async () => {
    await database.atomically(({ script }) =>
      script(`insert into things (id, amount) values ('left', 0), ('right', 0)`),
    )
    const take = (first: string, second: string) =>
      database.atomically(async ({ run }) => {
        await run('update things set amount = amount + 1 where id = ?1', [first])
        await run('select pg_sleep(0.1)')
        await run('update things set amount = amount + 1 where id = ?1', [second])
      })
    await Promise.all([take('left', 'right'), take('right', 'left')])
    const rows = await database.read(`select amount from things where id in ('left', 'right')`)
    assert.deepEqual(
      rows.map(({ amount }) => amount),
      [2, 2],
    )
  })

  it('ends an act at its deadline, as an outage, and undoes it', async () => {
    const startedAt = performance.now()
    const act = database.atomically(
      async ({ run }) => {
        await run(`insert into things (id) values ('late')`)
        await run('select pg_sleep(2)')
      },
      { deadlineMs: 200 },
    )
    await assert.rejects(act, unavailable)
    assert.ok(performance.now() - startedAt < 1_000)
    assert.deepEqual(await database.read(`select * from things where id = 'late'`), [])
  })

  it('is not emptied by acts that ran into their deadline', async () => {
    const stuck = Array.from({ length: 30 }, () =>
      database.atomically(({ run }) => run('select pg_sleep(1)'), { deadlineMs: 100 }),
    )
    const settled = await Promise.allSettled(stuck)
    assert.equal(settled.filter(({ status }) => status === 'rejected').length, 30)
    assert.deepEqual(await database.read('select 1 as one'), [{ one: 1 }])
  })
})

describe('database, embedded: what else may hold the file', () => {
  it('waits for a command that writes beside it, and calls a writer that never ends an outage', async (t) => {
    const opened = await embedded.open()
    t.after(opened.cleanUp)
    const database = openDatabase(opened.database, { sync: 'full', onFault: () => {} })
    t.after(() => database.close())
    await database.atomically(({ script }) => script('create table things (id text primary key)'))
    const directory = opened.database.kind === 'embedded' ? opened.database.directory : ''
    const other = new DatabaseSync(join(directory, 'sallyport.db'))
    t.after(() => other.close())

    other.exec('begin immediate')
    const startedAt = performance.now()
    await assert.rejects(
      database.atomically(({ run }) => run('insert into things (id) values (?1)', ['a'])),
      unavailable,
    )
    assert.ok(performance.now() - startedAt < 4_000)
    other.exec('rollback')

    await database.atomically(({ run }) => run('insert into things (id) values (?1)', ['b']))
    assert.deepEqual(
      (await database.read('select id from things')).map(({ id }) => id),
      ['b'],
    )
  })

  it('refuses an act that waits for the outside, and undoes it', async (t) => {
    const opened = await embedded.open()
    t.after(opened.cleanUp)
    const database = openDatabase(opened.database, { sync: 'full', onFault: () => {} })
    t.after(() => database.close())
    await database.atomically(({ script }) => script('create table things (id text primary key)'))
    const slow = database.atomically(async ({ run }) => {
      await run('insert into things (id) values (?1)', ['a'])
      await new Promise((resume) => setTimeout(resume, 20))
    })
    await assert.rejects(slow, /awaited something other than its transaction/)
    assert.deepEqual(await database.read('select * from things'), [])
  })
})

describe('database, postgres: a server that ends as it greets', () => {
  it('F-KILL-03: is an outage, not the end of the process, when its last word comes with its first', async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      // AuthenticationOk, ReadyForQuery and FATAL 57P01 in one packet: the connection breaks while the pool hands it over.
      socket.once('data', () => socket.end(Buffer.concat([authenticationOk, readyForQuery, fatal])))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const database = openDatabase(
      { kind: 'postgres', url: `postgres://nobody@127.0.0.1:${port}/none` },
      { sync: 'full', onFault: () => {} },
    )
    t.after(async () => {
      await database.close()
      server.close()
    })
    await assert.rejects(database.read('select 1 as one'), unavailable)
    await assert.rejects(
      database.atomically(({ run }) => run('select 1 as one')),
      unavailable,
    )
  })
})

/** A message of the Postgres protocol: its type, its length with itself, its content. */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(content.length + 4, 1)
  return Buffer.concat([head, content])
}

const authenticationOk = message('R', Buffer.alloc(4))
const readyForQuery = message('Z', Buffer.from('I'))
const fatal = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'))
