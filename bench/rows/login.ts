/**
 * A login held against the check of its password alone: by itself, with a pause in which the mail of the one before goes out, and
 * one upon the other, where that mail is sent beside the next hash on the one core.
 */
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest } from '../support/contest.ts'
import { cycle, load } from '../support/load.ts'
import { type Account, createAccounts, openStore } from '../support/population.ts'
import { post } from '../support/request.ts'
import { number, type Row } from '../support/row.ts'
import { figureOf, percentile, ratioOf, type Sample } from '../support/sample.ts'
import { password } from '../support/secrets.ts'
import { startServer } from '../support/servers.ts'
import { startWorker } from '../support/worker.ts'

const table: Record<string, { what: string; pauseMs?: number }> = {
  login: { what: 'POST /auth/login, each by itself', pauseMs: 40 },
  'login-steady': { what: 'POST /auth/login, one upon the other, mail included' },
}

export const login: Section = {
  rows: Object.keys(table),
  missing: () => false,
  async run(bench) {
    const wanted = Object.keys(table).filter(bench.wants)
    // Four contestants whose middle is found in a hundred logins.
    const plan = bench.quick ? bench.plan : { ...bench.plan, roundMs: 2_000, warmUpMs: 1_000 }
    const of = await contest(await openContestants(bench, wanted), plan, bench.say)
    return wanted.map(
      (name): Row => ({
        name,
        what: table[name]?.what ?? '',
        measured: latencyWords(of(name)),
        against: `its password check alone ${latencyWords(of(`${name} hash`))}`,
        figure: ratioOf(of(name), of(`${name} hash`), middle),
        unit: '',
        bound: { atMost: 1.1 },
      }),
    )
  },
}

async function openContestants(bench: Bench, wanted: string[]): Promise<Contestant[]> {
  const directory = temporaryDirectory('bench-data')
  const stores = await openStore({ kind: 'embedded', directory })
  const accounts = await createAccounts(stores, 1_000, bench.passwordHash)
  await stores.close()
  const { port } = await startServer(bench, { DATA_DIR: directory })
  const contestants: Contestant[] = []
  for (const name of wanted) {
    const { pauseMs } = table[name] ?? {}
    const pause = pauseMs === undefined ? [] : [String(pauseMs)]
    const hash = await startWorker(bench, 'worker-password-hash.ts', [bench.passwordHash, ...pause])
    contestants.push({ name: `${name} hash`, run: hash }, { name, run: logIn(port, accounts, pauseMs) })
  }
  return contestants
}

/** One at a time: the time of a login, not of a queue for the one core. */
export function logIn(port: number, accounts: Account[], pauseMs?: number): (ms: number) => Promise<Sample> {
  const supply = cycle(accounts.map(({ email }) => post('/auth/login', {}, { email, password })))
  const pace = pauseMs === undefined ? {} : { pauseMs }
  return (ms) => load([port], supply, { ms, expects: 'OTP sent', connections: 1, ...pace })
}

function middle(sample: Sample): number {
  return percentile(sample, 0.5)
}

function latencyWords(samples: Sample[]): string {
  return `${number(figureOf(samples.map(middle)).median)} ms`
}
