/** The acts that have to be on disk before they are answered, held against what the engine itself commits one by one. */
import { join } from 'node:path'
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { findPostgresPrograms } from '../../test/support/postgres-programs.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest, informative } from '../support/contest.ts'
import { onAllCores } from '../support/cores.ts'
import { createAccounts, openStore, openVerified } from '../support/population.ts'
import { type Bound, cpuWords, type Row, rateAndLatencyWords, rateWords } from '../support/row.ts'
import { perSecond, ratioOf } from '../support/sample.ts'
import { startServer } from '../support/servers.ts'
import { refresh, verifyCode } from '../support/supplies.ts'
import { startWorker } from '../support/worker.ts'

export const embeddedCommits: Section = {
  rows: ['verify', 'refresh'],
  missing: () => false,
  async run(bench) {
    const directory = temporaryDirectory('bench-data')
    const engine = await startWorker(bench, 'worker-sqlite-commits.ts', [
      join(temporaryDirectory('bench-engine'), 'commits.db'),
    ])
    const choice = { kind: 'embedded', directory } as const
    return measure(bench, {
      prefix: '',
      engine: { name: 'engine', what: 'node:sqlite, one row a commit, synchronous=full', run: engine },
      bound: { atLeast: 0.8 },
      choice,
      env: { DATA_DIR: directory },
    })
  },
}

export const postgresCommits: Section = {
  rows: ['postgres-verify', 'postgres-refresh'],
  missing: () => (findPostgresPrograms() ? false : 'Postgres is missing: install postgresql'),
  async run(bench) {
    const postgres = await onAllCores(() => startPostgres())
    bench.onEnd(postgres.close)
    const [url, engineUrl] = [await postgres.createDatabase(), await postgres.createDatabase()]
    const engine = await startWorker(bench, 'worker-postgres-commits.ts', [engineUrl])
    return measure(bench, {
      prefix: 'postgres-',
      engine: { name: 'engine', what: 'pg, one row a commit, 16 connections', run: engine },
      choice: { kind: 'postgres', url },
      env: { DATABASE_URL: url },
    })
  },
}

const manyStatements =
  'each act is a transaction of several statements, each a round trip; the loop commits by single statements'

type Setting = {
  prefix: string
  engine: Contestant & { what: string }
  bound?: Bound
  choice: Parameters<typeof openStore>[0]
  env: Record<string, string>
}

async function measure(bench: Bench, { prefix, engine, bound, choice, env }: Setting): Promise<Row[]> {
  const stores = await openStore(choice)
  bench.onEnd(stores.close)
  const accounts = await createAccounts(stores, 1_000, bench.passwordHash)
  const cookies = await openVerified(stores, accounts.slice(0, 64))
  const { port, pid } = await startServer(bench, env)
  const all = [
    verifyCode(`${prefix}verify`, [port], stores, accounts),
    await refresh(`${prefix}refresh`, [port], cookies),
  ]
    .filter(({ name }) => bench.wants(name))
    .map((contestant): Contestant => ({ ...contestant, pid }))
  const of = await contest([engine, ...all], bound ? bench.plan : informative(bench.plan), bench.say)
  return all.map(
    ({ name }): Row => ({
      name,
      what: `POST /auth/${name.endsWith('verify') ? 'verify-otp' : 'refresh'}, 16 at once${prefix === '' ? '' : ', Postgres'}`,
      measured: `${rateAndLatencyWords(of(name))}${cpuWords(of(name))}`,
      against: `${engine.what} ${rateWords(of('engine'))}`,
      figure: ratioOf(of(name), of('engine'), perSecond),
      unit: '',
      ...(bound ? { bound } : { note: manyStatements }),
    }),
  )
}
