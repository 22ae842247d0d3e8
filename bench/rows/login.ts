/**
 * What costs a password hash held against that hash alone, one request upon the other. A login also by itself, with a pause in
 * which the mail of the one before goes out; else that mail is sent beside the next hash on the one core.
 */
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { type Contestant, contest } from '../support/contest.ts'
import { cycle, load, type Supply } from '../support/load.ts'
import {
  type Account,
  createAccounts,
  openResets,
  openStore,
  type PreparedStore,
  trustDevices,
} from '../support/population.ts'
import { post } from '../support/request.ts'
import { number, type Row } from '../support/row.ts'
import { figureOf, percentile, ratioOf, type Sample } from '../support/sample.ts'
import { password } from '../support/secrets.ts'
import { startServer } from '../support/servers.ts'
import { consuming } from '../support/supplies.ts'
import { startWorker } from '../support/worker.ts'

type Ground = { port: number; stores: PreparedStore; accounts: Account[]; forResets: Account[] }
type Operation = {
  what: string
  pauseMs?: number
  run: (ground: Ground) => Promise<Omit<Contestant, 'name'>>
}

const table: Record<string, Operation> = {
  login: {
    what: 'POST /auth/login, each by itself',
    pauseMs: 40,
    run: async ({ port, accounts }) => ({ run: logIn(port, accounts, 40) }),
  },
  'login-steady': {
    what: 'POST /auth/login, one upon the other, mail included',
    run: async ({ port, accounts }) => ({ run: logIn(port, accounts) }),
  },
  'login-trusted': {
    what: 'POST /auth/login in a trusted device: the session is verified at once',
    run: logInTrusted,
  },
  register: {
    what: 'POST /auth/register of a new address, mail included',
    run: async (ground) => register(ground),
  },
  reset: {
    what: 'POST /auth/password/reset with the right code, mail included',
    run: async (ground) => reset(ground),
  },
}

export const login: Section = {
  rows: Object.keys(table),
  missing: () => false,
  async run(bench) {
    const wanted = Object.keys(table).filter(bench.wants)
    // Contestants whose middle is found in a hundred requests.
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
  bench.onEnd(stores.close)
  const all = await createAccounts(stores, 6_000, bench.passwordHash)
  const { port } = await startServer(bench, { DATA_DIR: directory })
  const ground = { port, stores, accounts: all.slice(0, 1_000), forResets: all.slice(1_000) }
  const contestants: Contestant[] = []
  for (const name of wanted) {
    const { pauseMs, run } = table[name] as Operation
    const pause = pauseMs === undefined ? [] : [String(pauseMs)]
    const hash = await startWorker(bench, 'worker-password-hash.ts', [bench.passwordHash, ...pause])
    contestants.push({ name: `${name} hash`, run: hash }, { name, ...(await run(ground)) })
  }
  return contestants
}

/** One at a time: the time of a login, not of a queue for the one core. */
export function logIn(port: number, accounts: Account[], pauseMs?: number): (ms: number) => Promise<Sample> {
  const supply = cycle(accounts.map(({ email }) => post('/auth/login', {}, { email, password })))
  const pace = pauseMs === undefined ? {} : { pauseMs }
  return (ms) => load([port], supply, { ms, expects: 'OTP sent', connections: 1, ...pace })
}

async function logInTrusted({ port, stores, accounts }: Ground) {
  const secrets = await trustDevices(stores, accounts)
  const requests = accounts.map(({ email }, index) =>
    post('/auth/login', { Cookie: `sallyport.device=${secrets[index]}` }, { email, password }),
  )
  const supply = cycle(requests)
  return { run: (ms: number) => load([port], supply, { ms, expects: 'Logged in', connections: 1 }) }
}

function register({ port }: Ground) {
  let count = 0
  const supply: Supply = {
    next: () => post('/auth/register', {}, { email: `new${count++}@bench.example`, password }),
  }
  return { run: (ms: number) => load([port], supply, { ms, expects: 'OTP sent', connections: 1 }) }
}

function reset({ port, stores, forResets }: Ground) {
  const left = [...forResets]
  return consuming('reset', [port], {
    expects: 'Password changed',
    expectedPerSecond: 100,
    connections: 1,
    async make(count) {
      const resets = await openResets(stores, left.splice(0, count))
      return resets.map(({ cookie, otp }) =>
        post('/auth/password/reset', { Cookie: cookie }, { otp, newPassword: password }),
      )
    },
  })
}

function middle(sample: Sample): number {
  return percentile(sample, 0.5)
}

function latencyWords(samples: Sample[]): string {
  return `${number(figureOf(samples.map(middle)).median)} ms`
}
