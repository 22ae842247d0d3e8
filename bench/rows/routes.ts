/** The routes that answer from memory or with one read, each held against bare Express in the same round. */
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest } from '../support/contest.ts'
import { createAccounts, openStore, openVerified } from '../support/population.ts'
import { get } from '../support/request.ts'
import { cpuWords, type Row, rateAndLatencyWords, rateWords } from '../support/row.ts'
import { perCpuSecond, perSecond, ratioOf } from '../support/sample.ts'
import { jwtSecret } from '../support/secrets.ts'
import { startBareExpress, startServer } from '../support/servers.ts'
import {
  consuming,
  issueTokens,
  protectedAnswer,
  protectedRequests,
  repeated,
  sessionCheck,
  tokenIssue,
} from '../support/supplies.ts'

const table: Record<string, { what: string; atLeast?: number }> = {
  protected: { what: 'GET /auth/protected, token seen before', atLeast: 0.85 },
  'protected-unseen': { what: 'GET /auth/protected, a new token each time', atLeast: 0.4 },
  session: { what: 'GET /auth/session', atLeast: 0.6 },
  token: { what: 'POST /auth/token, ES256', atLeast: 0.4 },
  'token-hs256': { what: 'POST /auth/token, JWT_SECRET' },
}

export const routes: Section = {
  rows: Object.keys(table),
  missing: () => false,
  async run(bench) {
    const wanted = Object.keys(table).filter(bench.wants)
    const contestants = await openContestants(bench, wanted)
    const of = await contest(contestants, bench.plan, bench.say)
    return wanted.map((name): Row => {
      const { what, atLeast } = table[name] as { what: string; atLeast?: number }
      return {
        name,
        what,
        measured: `${rateAndLatencyWords(of(name))}${cpuWords(of(name))}`,
        against: `bare Express ${rateWords(of('bare'))}${cpuWords(of('bare'))}`,
        figure: ratioOf(of(name), of('bare'), perSecond),
        byCpu: ratioOf(of(name), of('bare'), perCpuSecond),
        unit: '',
        ...(atLeast === undefined ? {} : { bound: { atLeast } }),
      }
    })
  },
}

/** Sessions that take turns: enough that nothing of one request is still warm from the last. */
const sessions = 1_000

async function openContestants(bench: Bench, wanted: string[]): Promise<Contestant[]> {
  const bare = await startBareExpress(bench)
  const contestants: Contestant[] = [
    { ...repeated('bare', [bare.port], [get('/')], protectedAnswer), pid: bare.pid },
  ]
  if (wanted.some((name) => name !== 'token-hs256')) {
    contestants.push(...(await asymmetric(bench)).filter(({ name }) => wanted.includes(name)))
  }
  if (wanted.includes('token-hs256')) {
    const { port, pid, cookies } = await openServer(bench, { JWT_SECRET: jwtSecret })
    contestants.push({ ...tokenIssue('token-hs256', [port], cookies), pid })
  }
  return contestants
}

async function asymmetric(bench: Bench): Promise<Contestant[]> {
  const { port, pid, cookies } = await openServer(bench, {})
  // As many clients as there are connections, each with its token.
  const seen = await issueTokens(port, cookies.slice(0, 16), 16)
  return [
    repeated('protected', [port], protectedRequests(seen), protectedAnswer),
    consuming('protected-unseen', [port], {
      expects: protectedAnswer,
      expectedPerSecond: 5_000,
      make: async (count) => protectedRequests(await issueTokens(port, cookies, count)),
    }),
    sessionCheck('session', [port], cookies),
    tokenIssue('token', [port], cookies),
  ].map((contestant): Contestant => ({ ...contestant, pid }))
}

async function openServer(bench: Bench, env: Record<string, string>) {
  const directory = temporaryDirectory('bench-data')
  const stores = await openStore({ kind: 'embedded', directory })
  const cookies = await openVerified(stores, await createAccounts(stores, sessions, bench.passwordHash))
  await stores.close()
  const { port, pid } = await startServer(bench, { DATA_DIR: directory, ...env })
  return { port, pid, cookies }
}
