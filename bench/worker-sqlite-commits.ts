/** What the embedded engine commits when nobody shares: one row, one commit, one fsync, again and again. */
import { DatabaseSync } from 'node:sqlite'
import { answerRuns } from './support/worker.ts'

const database = new DatabaseSync(process.argv[2] as string)
database.exec('pragma journal_mode = wal; pragma synchronous = full')
database.exec('create table commits (id integer primary key, value text not null)')
const insert = database.prepare('insert into commits (value) values (?1)')
const value = 'x'.repeat(100)

answerRuns((ms) => {
  const start = performance.now()
  let done = 0
  let now = start
  while (now - start < ms) {
    insert.run(value)
    done++
    now = performance.now()
  }
  return { done, ms: now - start, latencies: [] }
})
