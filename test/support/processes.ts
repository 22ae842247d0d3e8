/**
 * An installation as it is run: one or two server processes in production mode on one store, an SMTP sink, and an operator's
 * desk beside them. Race and fault tests are written against it.
 */
import assert from 'node:assert/strict'
import { createEmailOtp } from '../../src/factors/email-otp.ts'
import { type AccountDesk, createAccount, disableAccount } from '../../src/flow/accounts.ts'
import { createEvents } from '../../src/flow/events.ts'
import { createPasswordHasher } from '../../src/passwords/hash.ts'
import type { AccountRecord } from '../../src/stores/accounts.ts'
import { migrate } from '../../src/stores/migrations/migrations.ts'
import { createStores, type DatabaseChoice, openDatabase, type Stores } from '../../src/stores/stores.ts'
import { systemClock } from '../../src/utils/clock.ts'
import { canonicalEmail, type Email } from '../../src/utils/email.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { temporaryDirectory } from './child-processes.ts'
import { type Engine, embedded, type OpenedEngine, postgres, postgresWithRedis } from './engines.ts'
import { type Client, createClient, type Response } from './http-client.ts'
import { freePort } from './ports.ts'
import type { Postgres } from './postgres.ts'
import { type RawRequest, race } from './race.ts'
import type { RawResponse } from './raw-response.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts'

export const sessionSecret = 'the session secret of the race and fault tests: 7 horses'

/** How often a race or a kill is repeated: 3 unless ROUNDS says otherwise. */
export const rounds: number = Number(process.env.ROUNDS ?? 3)
/** For races that take long by their nature: a third of that. */
export const fewRounds: number = Math.ceil(rounds / 3)

/** Where a race is run: every deployment, and the shared ones with two processes too. */
export const raceGrounds: {
  name: string
  engine: Engine
  processes: 1 | 2
  missing: () => string | false
}[] = [
  { engine: embedded, processes: 1 as const },
  ...[postgres, postgresWithRedis].flatMap((engine) => [
    { engine, processes: 1 as const },
    { engine, processes: 2 as const },
  ]),
].map((ground) => ({
  ...ground,
  name: `${ground.engine.name}, ${ground.processes === 1 ? 'one process' : 'two processes'}`,
  missing: ground.engine.missing,
}))

/** The engine of a Postgres that a test stops, freezes and kills, beside a Redis where there is one. */
export function engineAt(server: Pick<Postgres, 'createDatabase'>, redisUrl?: string): Engine {
  return {
    name: 'postgres of its own',
    missing: () => false,
    async open() {
      const url = await server.createDatabase()
      const redis = redisUrl === undefined ? {} : { redisUrl }
      return {
        database: { kind: 'postgres', url },
        ...redis,
        env: { DATABASE_URL: url, ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }) },
        cleanUp: async () => {},
      }
    },
  }
}

export type TestAccount = { id: string; email: string; password: string }

/** A store opened and migrated, with keys that fit `sessionSecret`. */
export async function openTestStores(
  choice: DatabaseChoice,
  secrets: [string, ...string[]] = [sessionSecret],
): Promise<Stores & { close(): Promise<void> }> {
  const database = openDatabase(choice, { sync: 'full', onFault: () => {} })
  await migrate(database)
  return { ...createStores(database, keysFor('audit', secrets)), close: () => database.close() }
}

function keysFor(label: string, secrets: [string, ...string[]]): [Buffer, ...Buffer[]] {
  return secrets.map((secret) => deriveKey(secret, label)) as [Buffer, ...Buffer[]]
}

/** What a command of an operator does: opens the store beside the servers, acts, and closes it. */
export async function withDesk<Result>(
  choice: DatabaseChoice,
  work: (desk: AccountDesk) => Promise<Result>,
  secrets?: [string, ...string[]],
): Promise<Result> {
  const stores = await openTestStores(choice, secrets)
  const desk = {
    stores,
    clock: systemClock,
    passwords: createPasswordHasher(),
    events: createEvents(() => {}),
  }
  try {
    return await work(desk)
  } finally {
    await stores.close()
  }
}

export type InstallationOptions = {
  engine: Engine
  processes?: number
  /** For all processes, over the defaults. */
  env?: Record<string, string>
  /** Where the servers think that their store is, such as a proxy before it. */
  throughEnv?: (opened: OpenedEngine) => Promise<Record<string, string>>
}

export type Installation = {
  opened: OpenedEngine
  sink: SmtpSink
  env: Record<string, string>
  servers: ServerProcess[]
  /** The first server's. */
  port: number
  client(server?: number): Client
  makeAccount(email?: string): Promise<TestAccount>
  disable(account: TestAccount): Promise<void>
  /** The code of a pending session, derived as the server derives it. */
  codeOf(sessionId: string): Promise<string>
  /** The first door. */
  logIn(account: TestAccount, client?: Client): Promise<{ client: Client; sessionId: string; code: string }>
  /** Both doors. */
  enter(account: TestAccount, client?: Client): Promise<Client>
  /** All at once, spread over the servers. */
  race(requests: RawRequest[]): Promise<RawResponse[]>
  desk<Result>(work: (desk: AccountDesk) => Promise<Result>): Promise<Result>
  /** `type why?` of each audit entry of the account, oldest first. */
  trail(account: TestAccount): Promise<string[]>
  /** What `audit verify` finds wrong. */
  auditFaults(): Promise<string[]>
  /** Another process instead of the nth, at the same address. */
  restart(server?: number, env?: Record<string, string>): Promise<ServerProcess>
  close(): Promise<void>
}

export async function openInstallation(
  test: { after(done: () => Promise<void>): void },
  options: InstallationOptions,
): Promise<Installation> {
  const opened = await options.engine.open()
  const sink = await startSmtpSink()
  const firstPort = await freePort()
  const env: Record<string, string> = {
    ...opened.env,
    ...(await options.throughEnv?.(opened)),
    SESSION_SECRET: sessionSecret,
    SMTP_URL: sink.url,
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'warn',
    PUBLIC_URL: `http://localhost:${firstPort}`,
    ...options.env,
  }
  // A directory of its own: the .env of a checkout is nothing to a test.
  const cwd = temporaryDirectory('server')
  const servers = [await startServer({ env, cwd, port: firstPort })]
  for (let more = 1; more < (options.processes ?? 1); more++) servers.push(await startServer({ env, cwd }))

  const clients: Client[] = []
  let accounts = 0
  const desk: Installation['desk'] = (work) => withDesk(opened.database, work)

  const installation: Installation = {
    opened,
    sink,
    env,
    servers,
    port: firstPort,
    client(server = 0) {
      const client = createClient(`http://127.0.0.1:${servers[server]?.port}`)
      clients.push(client)
      return client
    },
    makeAccount: (email = `user${++accounts}@example.test`) => desk((at) => createTestAccount(at, email)),
    disable: (account) =>
      desk(async (at) => {
        const record = (await at.stores.read.accounts.find(account.id)) as AccountRecord
        assert.equal(await disableAccount(at, record), true)
      }),
    codeOf: (sessionId) => desk(({ stores }) => derivedCode(stores, sessionId)),
    async logIn({ email, password }, client = installation.client()) {
      const reply = await client.post('/auth/login', { email, password })
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      const { sessionId } = reply.body
      return { client, sessionId, code: await installation.codeOf(sessionId) }
    },
    async enter(account, client) {
      const pending = await installation.logIn(account, client)
      expectOk(await pending.client.post('/auth/verify-otp', { otp: pending.code }))
      return pending.client
    },
    race: (requests) =>
      race(
        requests.map((request, index) => ({ port: servers[index % servers.length]?.port ?? 0, ...request })),
        firstPort,
      ),
    desk,
    trail: (account) => desk(({ stores }) => trailOf(stores, account.id)),
    auditFaults: () => desk(async ({ stores }) => (await stores.read.audit.verify()).faults),
    async restart(server = 0, changed = {}) {
      Object.assign(env, changed)
      const port = servers[server]?.port as number
      const started = await startServer({ env, cwd, port })
      servers[server] = started
      return started
    },
    async close() {
      for (const client of clients) client.close()
      await Promise.all(servers.map((server) => server.kill9()))
      await sink.close()
      await opened.cleanUp()
    },
  }
  test.after(installation.close)
  return installation
}

export async function createTestAccount(desk: AccountDesk, email: string): Promise<TestAccount> {
  const password = `the password of ${email}`
  const created = await createAccount(desk, {
    email: canonicalEmail(email) as Email,
    password,
    by: 'command',
  })
  assert.ok(created, `${email} exists already`)
  return { id: created.id, email, password }
}

async function derivedCode(stores: Stores, sessionId: string): Promise<string> {
  const session = await stores.read.sessions.find(sessionId)
  assert.ok(session?.challengeId, `the session ${sessionId} waits for no code`)
  return codeOfChallenge(session.challengeId)
}

export function codeOfChallenge(challengeId: string, secret = sessionSecret): string {
  return createEmailOtp({ keys: [deriveKey(secret, 'one-time codes')], length: 6 }).codeOf(challengeId)
}

async function trailOf(stores: Stores, accountId: string): Promise<string[]> {
  const rows = await stores.database.read(
    'select type, detail from audit_events where account_id = ?1 order by seq',
    [accountId],
  )
  return rows.map(({ type, detail }) => [type, JSON.parse(String(detail)).why].filter(Boolean).join(' '))
}

export function cookieOf(client: Client): string {
  return [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

export function expectOk(reply: Pick<Response, 'status' | 'body'>): void {
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
}

/** `200`, or the status and code of the refusal. */
export function outcomeOf(reply: Pick<RawResponse, 'status' | 'body' | 'error'>): string {
  return [reply.status, reply.body?.code, reply.error].filter((word) => word !== undefined).join(' ')
}

/** How often each outcome came: `{ '200': 1, '401 otp_invalid': 4 }`. */
export function tally(outcomes: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}
