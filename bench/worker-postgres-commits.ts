/** What Postgres commits for a client on 16 connections: one row, one commit, again and again. */
import pg from 'pg'
import { answerRuns } from './support/worker.ts'

const connections = 16
const pool = new pg.Pool({ connectionString: process.argv[2], max: connections })
await pool.query(
  'create table commits (id bigint generated always as identity primary key, value text not null)',
)
const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
const insert = { name: 'insert', text: 'insert into commits (value) values ($1)', values: ['x'.repeat(100)] }

answerRuns(async (ms) => {
  const start = performance.now()
  let done = 0
  const commitOn = async (client: pg.PoolClient) => {
    while (performance.now() - start < ms) {
      await client.query(insert)
      done++
    }
  }
  await Promise.all(clients.map(commitOn))
  return { done, ms: performance.now() - start, latencies: [] }
})
