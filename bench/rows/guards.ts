/** A protected route of somebody else's API: `@sallyport/verify`, and two guards that people use, in the same app. */
import { join } from 'node:path'
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import { freePort } from '../../test/support/ports.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest } from '../support/contest.ts'
import type { GuardName } from '../support/guards.ts'
import { createAccounts, openStore, openVerified } from '../support/population.ts'
import { launch, type Running } from '../support/processes.ts'
import { get } from '../support/request.ts'
import { cpuWords, type Row, rateAndLatencyWords, rateWords } from '../support/row.ts'
import { perCpuSecond, perSecond, ratioOf } from '../support/sample.ts'
import { checkout, startBareExpress, startServer } from '../support/servers.ts'
import { issueTokens, protectedAnswer, repeated } from '../support/supplies.ts'
import { startWorker } from '../support/worker.ts'

type Pair = { what: string; ours: string; theirs: string; against: string; atLeast?: number }

const atLeast = 2
const route = 'a route behind @sallyport/verify, token seen before'
const alone = 'the guard of @sallyport/verify alone, token seen before'
const expressJwt = 'express-jwt + jwks-rsa'
const oauth2 = 'express-oauth2-jwt-bearer'

const table: Record<string, Pair> = {
  'guard-bare': { what: route, ours: 'verify', theirs: 'bare', against: 'bare Express' },
  'guard-feed': {
    what: `${route}, liveness feed`,
    ours: 'verify-feed',
    theirs: 'bare',
    against: 'bare Express',
  },
  'guard-express-jwt': {
    what: route,
    ours: 'verify',
    theirs: 'express-jwt',
    against: expressJwt,
    atLeast,
  },
  'guard-oauth2': { what: route, ours: 'verify', theirs: 'oauth2-jwt-bearer', against: oauth2, atLeast },
  'guard-alone-express-jwt': {
    what: alone,
    ours: 'alone verify',
    theirs: 'alone express-jwt',
    against: expressJwt,
  },
  'guard-alone-oauth2': {
    what: alone,
    ours: 'alone verify',
    theirs: 'alone oauth2-jwt-bearer',
    against: oauth2,
  },
  'guard-alone-feed': {
    what: 'the same with liveness feed',
    ours: 'alone verify-feed',
    theirs: 'alone verify',
    against: 'liveness none',
  },
}

export const guardRows: Section = {
  rows: Object.keys(table),
  missing: () => false,
  async run(bench) {
    const wanted = Object.entries(table).filter(([name]) => bench.wants(name))
    const names = new Set(wanted.flatMap(([, { ours, theirs }]) => [ours, theirs]))
    const of = await contest(await openContestants(bench, [...names]), bench.plan, bench.say)
    return wanted.map(([name, { what, ours, theirs, against, atLeast }]): Row => {
      const isAlone = ours.startsWith('alone ')
      const words = isAlone ? rateWords(of(ours)) : `${rateAndLatencyWords(of(ours))}${cpuWords(of(ours))}`
      return {
        name,
        what,
        measured: words,
        against: `${against} ${rateWords(of(theirs))}${isAlone ? '' : cpuWords(of(theirs))}`,
        figure: ratioOf(of(ours), of(theirs), perSecond),
        ...(isAlone ? {} : { byCpu: ratioOf(of(ours), of(theirs), perCpuSecond) }),
        unit: '',
        ...(atLeast === undefined ? {} : { bound: { atLeast } }),
      }
    })
  },
}

async function openContestants(bench: Bench, names: string[]): Promise<Contestant[]> {
  const { issuer, tokens } = await openIssuer(bench)
  const requests = tokens.map((token) => get('/', { Authorization: `Bearer ${token}` }))
  const contestants: Contestant[] = []
  for (const name of names) {
    if (name.startsWith('alone ')) {
      const guard = name.slice('alone '.length)
      const run = await startWorker(bench, 'worker-guard.ts', [guard, issuer, tokens[0] as string])
      contestants.push({ name, run })
      continue
    }
    const { port, pid } =
      name === 'bare' ? await startBareExpress(bench) : await startGuarded(bench, name as GuardName, issuer)
    // All get the same bytes: a header that nobody reads costs its parsing too.
    contestants.push({ ...repeated(name, [port], requests, protectedAnswer), pid })
  }
  return contestants
}

/** The server has to be where its PUBLIC_URL says: the guards look its keys up there. */
async function openIssuer(bench: Bench): Promise<{ issuer: string; tokens: string[] }> {
  const directory = temporaryDirectory('bench-data')
  const stores = await openStore({ kind: 'embedded', directory })
  const cookies = await openVerified(stores, await createAccounts(stores, 16, bench.passwordHash))
  await stores.close()
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  await startServer(bench, { DATA_DIR: directory, PUBLIC_URL: issuer }, { port })
  return { issuer, tokens: await issueTokens(port, cookies, 16) }
}

async function startGuarded(bench: Bench, guard: GuardName, issuer: string): Promise<Running> {
  const port = await freePort()
  const running = await launch({
    program: process.execPath,
    args: [join(checkout, 'bench/guarded-express.ts'), String(port), guard, issuer],
    env: { NODE_ENV: 'production' },
    port,
    path: '/up',
  })
  bench.onEnd(running.stop)
  return running
}
