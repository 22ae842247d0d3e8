/** Whether anything gets slower as accounts are added: the same requests to a store of a thousand and to one of a million. */
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest } from '../support/contest.ts'
import { fillStore } from '../support/million.ts'
import { openStore } from '../support/population.ts'
import { get } from '../support/request.ts'
import { cpuWords, type Row, rateAndLatencyWords, rateWords } from '../support/row.ts'
import { perCpuSecond, perSecond, ratioOf } from '../support/sample.ts'
import { startServer } from '../support/servers.ts'
import {
  issueTokens,
  protectedAnswer,
  protectedRequests,
  refresh,
  repeated,
  sessionCheck,
  tokenIssue,
  verifyCode,
} from '../support/supplies.ts'
import { logIn } from './login.ts'

const operations: Record<string, string> = {
  'scale-login': 'POST /auth/login',
  'scale-verify': 'POST /auth/verify-otp',
  'scale-session': 'GET /auth/session',
  'scale-token': 'POST /auth/token',
  'scale-refresh': 'POST /auth/refresh',
  'scale-protected': 'GET /auth/protected',
  'scale-list': 'GET /auth/sessions',
}

const small = 1_000

export const scale: Section = {
  rows: Object.keys(operations),
  missing: () => false,
  async run(bench) {
    const large = bench.quick ? 100_000 : 1_000_000
    const wanted = Object.keys(operations).filter(bench.wants)
    const few = await openContestants(bench, small, 'few', wanted)
    const many = await openContestants(bench, large, 'many', wanted)
    // Fourteen contestants: each gets less than the usual time.
    const sliceMs = bench.quick ? 300 : 800
    const plan = { ...bench.plan, roundMs: sliceMs, sliceMs, warmUpMs: sliceMs / 2 }
    const inTurns = few.flatMap((contestant, index) => [contestant, many[index] as Contestant])
    const of = await contest(inTurns, plan, bench.say)
    return wanted.map((name): Row => {
      const [atMany, atFew] = [of(`${name} many`), of(`${name} few`)]
      return {
        name,
        what: `${operations[name]} at ${large.toLocaleString('en-US')} accounts`,
        measured: `${rateAndLatencyWords(atMany)}${cpuWords(atMany)}`,
        against: `at ${small.toLocaleString('en-US')} accounts ${rateWords(atFew)}${cpuWords(atFew)}`,
        figure: ratioOf(atMany, atFew, perSecond),
        byCpu: ratioOf(atMany, atFew, perCpuSecond),
        unit: '',
        bound: { atLeast: 1 / 1.2 },
      }
    })
  },
}

async function openContestants(
  bench: Bench,
  count: number,
  suffix: string,
  wanted: string[],
): Promise<Contestant[]> {
  const directory = temporaryDirectory('bench-data')
  const startedAt = performance.now()
  const { passwordHash } = bench
  const known = await fillStore(directory, { accounts: count, sample: Math.min(count, 20_000), passwordHash })
  bench.say(`a store of ${count} accounts and sessions in ${Math.round(performance.now() - startedAt)} ms`)
  const { port, pid } = await startServer(bench, { DATA_DIR: directory })
  const stores = await openStore({ kind: 'embedded', directory })
  bench.onEnd(stores.close)

  const accounts = known.map(({ account }) => account)
  const cookies = known.map(({ cookie }) => cookie)
  // The same number of active clients in both, far apart in the large one.
  const active = cookies.filter((_, index) => index % Math.ceil(cookies.length / 1_000) === 0)
  const make: Record<string, (name: string) => Contestant | Promise<Contestant>> = {
    'scale-login': (name) => ({ name, run: logIn(port, accounts) }),
    'scale-verify': (name) => verifyCode(name, [port], stores, accounts),
    'scale-session': (name) => sessionCheck(name, [port], cookies),
    'scale-token': (name) => tokenIssue(name, [port], cookies),
    'scale-refresh': (name) => refresh(name, [port], active),
    'scale-protected': async (name) =>
      repeated(name, [port], protectedRequests(await issueTokens(port, active, 1_000)), protectedAnswer),
    'scale-list': (name) => repeated(name, [port], listRequests(cookies), '"current":true'),
  }
  const contestants: Contestant[] = []
  for (const name of wanted) {
    const contestant = await make[name]?.(`${name} ${suffix}`)
    if (contestant) contestants.push({ ...contestant, pid })
  }
  return contestants
}

function listRequests(cookies: string[]): Buffer[] {
  return cookies.map((cookie) => get('/auth/sessions', { Cookie: cookie }))
}
