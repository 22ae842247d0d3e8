import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Mail, type MailChannel, MailRefused } from '../../src/mail/channel.ts'
import {
  createOutboxWorker,
  type MailOutcome,
  type OutboxRecord,
  type OutboxStore,
  type OutboxWorkerOptions,
} from '../../src/mail/outbox-worker.ts'

test('a due mail is sent once and marked', async (context) => {
  const room = setUp(context, ['a'])
  room.worker.wake()
  await room.worker.idle()
  room.worker.wake()
  await room.worker.idle()
  assert.deepEqual(room.sent, ['a'])
  assert.deepEqual(room.told(), ['mail.sent a'])
})

test('the timer finds due mail without a wake', async (context) => {
  const room = setUp(context, ['a'], { pollEveryMs: 5 })
  while (room.told().length === 0) await sleep(2)
  assert.deepEqual(room.sent, ['a'])
})

test('F-SMTP-01: a mail that fails is tried again with growing pauses until it expires, then dropped', async (context) => {
  const attemptsAt: number[] = []
  const room = setUp(context, ['a'], {}, async () => {
    attemptsAt.push(room.clock.at)
    throw new Error('server down')
  })
  for (; room.clock.at < 600_000; room.clock.at += 100) {
    room.worker.wake()
    await room.worker.idle()
  }
  const pauses = attemptsAt.slice(1).map((at, index) => at - (attemptsAt[index] as number))
  for (const [index, pause] of pauses.entries()) {
    const usual = Math.min(1_000 * 2 ** index, 60_000)
    assert.ok(pause >= usual * 0.8 && pause <= usual * 1.2 + 100, `pause ${index} was ${pause} ms`)
  }
  assert.ok(attemptsAt.length >= 12 && attemptsAt.length <= 18, `${attemptsAt.length} attempts`)
  const told = room.told()
  assert.deepEqual(new Set(told.slice(0, -1)), new Set(['mail.failed a']))
  assert.equal(told.at(-1), 'mail.dropped a')
  assert.equal(room.outcomes.at(-1)?.error, 'server down')
  assert.ok((attemptsAt.at(-1) as number) < 600_000)
})

test('a final refusal is not tried again, and neither is a mail whose time is over', async (context) => {
  const refused = setUp(context, ['a'], {}, async () => {
    throw new MailRefused('no such user', { permanent: true, fix: '' })
  })
  refused.worker.wake()
  await refused.worker.idle()
  assert.deepEqual(refused.told(), ['mail.dropped a'])

  const late = setUp(context, ['b'])
  late.clock.at = 600_000
  late.worker.wake()
  await late.worker.idle()
  assert.deepEqual([late.sent, late.told()], [[], ['mail.dropped b']])
})

test('two workers on one store send each mail once', async (context) => {
  const ids = Array.from({ length: 60 }, (_, index) => `m${index}`)
  const room = setUp(context, ids, {}, () => sleep(1))
  const other = createOutboxWorker({ ...room.options })
  context.after(() => other.stop())
  room.worker.wake()
  other.wake()
  await Promise.all([room.worker.idle(), other.idle()])
  assert.deepEqual(room.sent.toSorted(), ids.toSorted())
})

test('ten are sent side by side, and one that hangs holds up none of the others', async (context) => {
  const ids = ['hangs', ...Array.from({ length: 40 }, (_, index) => `m${index}`)]
  let now = 0
  let most = 0
  const room = setUp(context, ids, { sendTimeoutMs: 150 }, async ({ to }) => {
    most = Math.max(most, ++now)
    await (to === 'hangs' ? new Promise<never>(() => {}) : sleep(1))
    now -= 1
  })
  room.worker.wake()
  await room.worker.idle()
  assert.equal(most, 10)
  assert.deepEqual(
    room.told().slice(0, 40).toSorted(),
    ids
      .slice(1)
      .map((id) => `mail.sent ${id}`)
      .toSorted(),
  )
  assert.equal(room.told()[40], 'mail.failed hangs')
  room.clock.at = 2_000
  room.worker.wake()
  await room.worker.idle()
  assert.equal(room.told()[41], 'mail.failed hangs')
})

test('a wake during a pass makes another pass', async (context) => {
  const room = setUp(context, [])
  const claimed = room.store.claim
  room.options.store.claim = async (options) => {
    const records = await claimed(options)
    if (room.sent.length === 0 && !room.store.records.has('late')) {
      room.store.add('late')
      room.worker.wake()
    }
    return records
  }
  room.worker.wake()
  await room.worker.idle()
  assert.deepEqual(room.sent, ['late'])
})

test('a store that fails is asked again, and no mail goes out twice for it', async (context) => {
  const room = setUp(context, ['a'])
  room.store.failing.add('claim')
  room.worker.wake()
  await room.worker.idle()
  room.store.failing.delete('claim')
  room.store.failing.add('markSent')
  room.worker.wake()
  await room.worker.idle()
  assert.deepEqual([room.sent, room.told(), room.faults], [['a'], [], ['claim', 'markSent']])
  room.store.failing.clear()
  room.clock.at += 61_000
  room.worker.wake()
  await room.worker.idle()
  assert.deepEqual([room.sent, room.told()], [['a'], ['mail.sent a']])
})

test('F-SMTP-02: a mail whose process died before the mark is sent again by another', async (context) => {
  const room = setUp(context, ['a'])
  room.store.failing.add('markSent')
  room.worker.wake()
  await room.worker.idle()
  await room.worker.stop()
  room.store.failing.clear()
  const other = createOutboxWorker({ ...room.options })
  context.after(() => other.stop())
  other.wake()
  await other.idle()
  assert.deepEqual(room.sent, ['a'])
  room.clock.at += 61_000
  other.wake()
  await other.idle()
  assert.deepEqual([room.sent, room.told()], [['a', 'a'], ['mail.sent a']])
})

test('a mail that cannot be composed and a listener that throws leave the worker alive', async (context) => {
  const room = setUp(context, ['a', 'b'], {
    compose: (record) => {
      if (record.id === 'a') throw new Error('no words')
      return mailOf(record)
    },
    onOutcome: ({ record }) => {
      throw new Error(`listener ${record.id}`)
    },
    onFault: () => {
      throw new Error('and the reporter too')
    },
  })
  room.worker.wake()
  await room.worker.idle()
  assert.deepEqual(room.sent, ['b'])
})

test('stop waits for the mail under way and takes up no other', async (context) => {
  let release = () => {}
  const room = setUp(
    context,
    ['a'],
    {},
    () =>
      new Promise((resolve) => {
        release = resolve
      }),
  )
  room.worker.wake()
  await sleep(1)
  let stopped = false
  const stopping = room.worker.stop().then(() => {
    stopped = true
  })
  room.store.add('b')
  room.worker.wake()
  await sleep(1)
  assert.equal(stopped, false)
  release()
  await stopping
  assert.deepEqual([room.sent, room.told()], [['a'], ['mail.sent a']])
})

test('stop does not wait longer than five seconds', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const room = setUp(context, ['a'], {}, () => new Promise<never>(() => {}))
  room.worker.wake()
  await new Promise(setImmediate)
  const stopping = room.worker.stop()
  context.mock.timers.tick(5_000)
  await stopping
  assert.deepEqual(room.told(), [])
})

function setUp(
  context: TestContext,
  ids: string[],
  changes: Partial<OutboxWorkerOptions> = {},
  act: (mail: Mail) => Promise<void> = async () => {},
) {
  const sent: string[] = []
  const outcomes: MailOutcome[] = []
  const faults: string[] = []
  const clock = { at: 0, now: () => clock.at }
  const store = createMemoryOutbox()
  for (const id of ids) store.add(id)
  const channel: MailChannel = {
    async send(mail) {
      await act(mail)
      sent.push(mail.to)
    },
    async check() {},
    async close() {},
  }
  const options: OutboxWorkerOptions = {
    store,
    channel,
    clock,
    compose: mailOf,
    onOutcome: (outcome) => outcomes.push(outcome),
    onFault: (error) => faults.push((error as Error).message),
    pollEveryMs: 3_600_000,
    ...changes,
  }
  const worker = createOutboxWorker(options)
  context.after(() => worker.stop())
  return {
    worker,
    store,
    sent,
    outcomes,
    faults,
    clock,
    options,
    told: () => outcomes.map(({ type, record }) => `${type} ${record.id}`),
  }
}

function mailOf({ id }: OutboxRecord): Mail {
  return { id, to: id, subject: '', text: '', html: '', language: 'en' }
}

type Row = { record: OutboxRecord; dueAt: number | null }

/** The store's contract in memory: claim leases and counts in one act. */
function createMemoryOutbox() {
  const records = new Map<string, Row>()
  const failing = new Set<string>()
  const answer = (name: string) => {
    if (failing.has(name)) throw new Error(name)
  }
  const store: OutboxStore = {
    async claim({ now, leaseMs, limit }) {
      answer('claim')
      const due = [...records.values()].filter(({ dueAt }) => dueAt !== null && dueAt <= now).slice(0, limit)
      for (const row of due) Object.assign(row, { dueAt: now + leaseMs })
      return due.map(({ record }) => ({ ...record, attempts: ++record.attempts }))
    },
    async markSent(id) {
      answer('markSent')
      records.delete(id)
    },
    async markFailed(id, { nextAttemptAt }) {
      answer('markFailed')
      Object.assign(records.get(id) as Row, { dueAt: nextAttemptAt })
    },
  }
  const add = (id: string) => {
    const record: OutboxRecord = {
      id,
      to: id,
      kind: 'login_code',
      challengeId: null,
      detail: {},
      attempts: 0,
      createdAt: 0,
      expiresAt: 600_000,
    }
    records.set(id, { record, dueAt: 0 })
  }
  return { ...store, records, failing, add }
}
