/** Two processes on Postgres and Redis against one. */
import { startPostgres } from '../../test/support/postgres.ts'
import { findPostgresPrograms } from '../../test/support/postgres-programs.ts'
import { startRedis } from '../../test/support/redis.ts'
import { findProgram } from '../../test/support/services.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest, informative } from '../support/contest.ts'
import { generatorCore, onAllCores } from '../support/cores.ts'
import { createAccounts, openStore, openVerified } from '../support/population.ts'
import { type Row, rateAndLatencyWords, rateWords } from '../support/row.ts'
import { perSecond, ratioOf } from '../support/sample.ts'
import { startServer } from '../support/servers.ts'
import { sessionCheck, tokenIssue } from '../support/supplies.ts'

const operations: Record<string, { what: string; contestant: typeof sessionCheck }> = {
  'two-session': { what: 'GET /auth/session', contestant: sessionCheck },
  'two-token': { what: 'POST /auth/token', contestant: tokenIssue },
}

const note =
  'contract 8 asks for 1.8: a second server can only add what is left of two cores that the generator, Postgres and Redis use too'

export const twoProcesses: Section = {
  rows: Object.keys(operations),
  missing() {
    if (!findPostgresPrograms()) return 'Postgres is missing: install postgresql'
    const redis = findProgram(['redis-server', 'valkey-server'], ['/usr/sbin', '/usr/local/sbin'])
    return redis ? false : 'Redis is missing: install redis-server (or valkey)'
  },
  async run(bench) {
    const { ports, cookies } = await openServers(bench)
    const wanted = Object.entries(operations).filter(([name]) => bench.wants(name))
    const contestants = wanted.flatMap(([name, { contestant }]): Contestant[] => [
      contestant(`${name} one`, ports.slice(0, 1), cookies),
      contestant(`${name} both`, ports, cookies),
    ])
    const of = await contest(contestants, informative(bench.plan), bench.say)
    return wanted.map(
      ([name, { what }]): Row => ({
        name,
        what: `${what}, two processes on Postgres + Redis`,
        measured: rateAndLatencyWords(of(`${name} both`)),
        against: `one process ${rateWords(of(`${name} one`))}`,
        figure: ratioOf(of(`${name} both`), of(`${name} one`), perSecond),
        unit: '',
        note,
      }),
    )
  },
}

async function openServers(bench: Bench): Promise<{ ports: number[]; cookies: string[] }> {
  const [postgres, redis] = await onAllCores(() => Promise.all([startPostgres(), startRedis()]))
  bench.onEnd(postgres.close)
  bench.onEnd(redis.close)
  const url = await postgres.createDatabase()
  const stores = await openStore({ kind: 'postgres', url })
  const cookies = await openVerified(stores, await createAccounts(stores, 1_000, bench.passwordHash))
  await stores.close()
  const env = { DATABASE_URL: url, REDIS_URL: redis.url }
  const first = await startServer(bench, env)
  const second = await startServer(bench, env, { cores: generatorCore })
  return { ports: [first.port, second.port], cookies }
}
