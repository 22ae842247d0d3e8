import { DatabaseSync, type StatementSync } from 'node:sqlite'
import {
  type Database,
  type Row,
  type Run,
  storeUnavailable,
  type Transaction,
  type Value,
} from './database.ts'

type Waiting = {
  work: (transaction: Transaction) => Promise<unknown>
  resolve: (result: unknown) => void
  reject: (reason: unknown) => void
  outcome?: { result: unknown } | { reason: unknown }
}

/**
 * The embedded store. Acts that arrive in the same turn of the event loop share one commit, and so one fsync: each is
 * its own savepoint, so one that fails takes nothing with it, and none is answered before the commit is on disk.
 *
 * @param file a path, or `:memory:` (then nothing is kept)
 * @param sync `full` survives a power cut; `normal` may lose the last commits then, never tears the file
 */
export function openSqliteDatabase(file: string, sync: 'full' | 'normal'): Database {
  const inMemory = file === ':memory:'
  const writer = openConnection(file, `pragma journal_mode = wal; pragma synchronous = ${sync};`)
  // A second connection reads, because the writer's own would show what is not committed yet.
  const reader = inMemory ? writer : openConnection(file)
  const acts = commitTogether(writer)

  return {
    engine: 'sqlite',
    read: inMemory
      ? (statement, values) => acts.atomically((transaction) => transaction.run(statement, values))
      : runOn(reader),
    atomically: acts.atomically,
    async close() {
      await acts.idle()
      if (reader !== writer) reader.close()
      writer.close()
    },
  }
}

function openConnection(file: string, pragmas = ''): DatabaseSync {
  try {
    const connection = new DatabaseSync(file)
    // Commands of `sallyport` write beside the server, each for some milliseconds.
    connection.exec(`pragma busy_timeout = 2000; pragma foreign_keys = on; ${pragmas}`)
    return connection
  } catch (reason) {
    throw new Error(
      `The embedded store ${file} cannot be opened: ${(reason as Error).message}. Check that its folder exists and is writable, or set DATA_DIR.`,
      { cause: reason },
    )
  }
}

function runOn(connection: DatabaseSync): Run {
  const prepared = new Map<string, StatementSync>()
  return async (statement: string, values: Value[] = []) => {
    try {
      let ready = prepared.get(statement)
      if (!ready) {
        // One writer at a time is SQLite's way: a row lock has no meaning here.
        ready = connection.prepare(statement.replace(/ for update\b/, ''))
        prepared.set(statement, ready)
      }
      return ready.all(...values) as Row[]
    } catch (reason) {
      throw isOutage(reason) ? storeUnavailable(reason) : reason
    }
  }
}

/** SQLite's result codes that mean "not now" rather than "wrong statement": busy, locked, no memory, read-only, I/O, corrupt, full, can't open. */
function isOutage(reason: unknown): boolean {
  const code = (reason as { errcode?: number }).errcode
  return code !== undefined && [5, 6, 7, 8, 10, 11, 13, 14].includes(code & 0xff)
}

function commitTogether(writer: DatabaseSync) {
  const transaction: Transaction = {
    run: runOn(writer),
    script: async (statements) => writer.exec(statements),
  }
  const marks = prepareMarks(writer)
  let waiting: Waiting[] = []
  let committing: Promise<void> | undefined

  function atomically<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as (result: unknown) => void, reject })
      committing ??= new Promise((done) => setImmediate(() => commitWaiting().then(done)))
    })
  }

  async function commitWaiting(): Promise<void> {
    const batch = waiting
    waiting = []
    try {
      await commitBatch(writer, transaction, marks, batch)
      for (const act of batch) settle(act)
    } catch (reason) {
      for (const act of batch) act.reject(isOutage(reason) ? storeUnavailable(reason) : reason)
    }
    committing =
      waiting.length > 0 ? new Promise((done) => setImmediate(() => commitWaiting().then(done))) : undefined
  }

  async function idle(): Promise<void> {
    while (committing) await committing
  }

  return { atomically, idle }
}

/** Prepared once: they stand around every act. */
function prepareMarks(writer: DatabaseSync) {
  return {
    begin: writer.prepare('begin immediate'),
    commit: writer.prepare('commit'),
    enter: writer.prepare('savepoint act'),
    leave: writer.prepare('release act'),
  }
}

async function commitBatch(
  writer: DatabaseSync,
  transaction: Transaction,
  marks: ReturnType<typeof prepareMarks>,
  batch: Waiting[],
): Promise<void> {
  let turnEnded = false
  const turn = setImmediate(() => {
    turnEnded = true
  })
  marks.begin.run()
  try {
    for (const act of batch) {
      marks.enter.run()
      try {
        act.outcome = { result: await act.work(transaction) }
        marks.leave.run()
      } catch (reason) {
        act.outcome = { reason }
        // After some errors (disk full) SQLite has rolled all back by itself: then no act of this batch happened.
        if (!writer.isTransaction) throw reason
        writer.exec('rollback to act; release act')
      }
      if (turnEnded)
        throw new Error(
          'An act awaited something other than its transaction, which would hold the store for everybody.',
        )
    }
    marks.commit.run()
  } catch (reason) {
    if (writer.isTransaction) writer.exec('rollback')
    throw reason
  } finally {
    clearImmediate(turn)
  }
}

function settle(act: Waiting): void {
  if (!act.outcome) return
  if ('reason' in act.outcome) act.reject(act.outcome.reason)
  else act.resolve(act.outcome.result)
}
