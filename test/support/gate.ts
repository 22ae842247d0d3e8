/**
 * The real server in this process, on a free loopback port, with a clock that the test moves:
 *
 *     const gate = await openGate(t)
 *     const ada = await gate.makeAccount()
 *     const client = await gate.enter(ada)
 */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../src/app.ts'
import { effectiveSettings } from '../../src/config/effective.ts'
import { readSettings, type Settings } from '../../src/config/settings.ts'
import {
  changeClaims,
  createAccount,
  disableAccount,
  enableAccount,
  unlockAccount,
} from '../../src/flow/accounts.ts'
import type { Log } from '../../src/log/log.ts'
import type { PasswordHasher } from '../../src/passwords/hash.ts'
import { createSallyport, type Sallyport } from '../../src/sallyport.ts'
import type { AccountRecord } from '../../src/stores/accounts.ts'
import { canonicalEmail, type Email } from '../../src/utils/email.ts'
import { createManualClock, type ManualClock } from './clock.ts'
import { type Engine, embedded, type OpenedEngine } from './engines.ts'
import { type Client, type ClientOptions, createClient, type Response } from './http-client.ts'
import { codeIn, startSmtpSink } from './smtp-sink.ts'

export type GateOptions = {
  /** Embedded unless said. */
  engine?: Engine
  /** With it the gate runs in production and mails to an SMTP sink; the log goes to `lines`. */
  mode?: 'development' | 'production'
  env?: Record<string, string>
  clock?: ManualClock
  /** Passwords are compared and not hashed: for walks of many logins that are about something else. */
  quickPasswords?: boolean
}

export type TestAccount = { id: string; email: string; password: string }

export type TestGate = {
  /** Where it listens: `http://127.0.0.1:port`. */
  url: string
  port: number
  /** `http://localhost:port` unless `env` says otherwise. */
  publicUrl: string
  settings: Settings
  clock: ManualClock
  /** What the server told its operator: console lines in development, JSON lines in production. */
  lines: string[]
  /** The one that runs now. */
  sallyport(): Sallyport
  client(options?: ClientOptions): Client
  makeAccount(email?: string, password?: string): Promise<TestAccount>
  /** The newest code that was mailed to this address. */
  code(account: { email: string }): Promise<string>
  /** The newest code of 25 letters: of an invitation, or the one that undoes a change of address. */
  longCode(account: { email: string }): Promise<string>
  /** Subjects of every mail to this address, oldest first. */
  mailsTo(account: { email: string }): Promise<string[]>
  /** Their texts. Only in production, where they go to the SMTP sink. */
  mailTexts(account: { email: string }): Promise<string[]>
  /** The first door only: a client whose session waits for its code. */
  logIn(account: TestAccount, client?: Client): Promise<Client>
  verify(account: TestAccount, client: Client): Promise<Response>
  /** Both doors: a client whose session is verified. */
  enter(account: TestAccount, client?: Client): Promise<Client>
  /** As `enter`, and the browser is trusted from then on. */
  enterTrusted(account: TestAccount, client?: Client): Promise<Client>
  accessToken(client: Client): Promise<string>
  bothTokens(client: Client): Promise<{ accessToken: string; refreshToken: string }>
  disable(account: TestAccount): Promise<void>
  enable(account: TestAccount): Promise<void>
  unlock(account: TestAccount): Promise<void>
  /** As `sallyport user` does it: these are the account's own claims from now on. */
  setClaims(account: TestAccount, claims: Record<string, unknown>): Promise<void>
  /** Ends the server and starts another one on the same store and port. */
  restart(env?: Record<string, string>): Promise<void>
  close(): Promise<void>
}

export const sessionSecret = 'a-session-secret-of-the-tests-that-is-long-enough-9f2c'

/** @param test where the gate is closed; without it the caller closes it */
export async function openGate(
  test: { after(done: () => Promise<void>): void } | undefined,
  options: GateOptions = {},
): Promise<TestGate> {
  const { clock = createManualClock(), mode = 'development' } = options
  const store = await (options.engine ?? embedded).open()
  const mailing = mode === 'production' ? await sinkMailing() : inboxMailing()
  let answer: RequestListener = (_req, res) => void res.writeHead(503).end()
  const server = createServer((req, res) => answer(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const lines: string[] = []
  const environment = { ...environmentOf(port, store), ...mailing.env, ...options.env }
  let started = await start(environment).catch(async (reason) => {
    await closeAround()
    throw reason
  })

  async function start(env: Record<string, string>) {
    const { settings } = readSettings(env, mode)
    const print = (line: string) => void lines.push(line)
    const log = mode === 'production' ? { log: linesLog(lines) } : {}
    const effective = () => effectiveSettings(env, '', mode)
    const sallyport = await createSallyport(settings, { clock, print, effective, ...log })
    if (options.quickPasswords) Object.assign(sallyport.inside.gate, { passwords: quickPasswords })
    answer = listenerOf(sallyport)
    return { settings, sallyport }
  }

  async function closeAround(): Promise<void> {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await mailing.close()
    await store.cleanUp()
  }

  const clients: Client[] = []
  const desk = () => started.sallyport.inside.gate
  const recordOf = async ({ id }: TestAccount) =>
    (await desk().stores.read.accounts.find(id)) as AccountRecord

  const gate: TestGate = {
    url: `http://127.0.0.1:${port}`,
    port,
    publicUrl: started.settings.publicUrl,
    settings: started.settings,
    clock,
    lines,
    sallyport: () => started.sallyport,
    client(clientOptions) {
      const client = createClient(gate.url, clientOptions)
      clients.push(client)
      return client
    },
    async makeAccount(email = 'ada@example.test', password = `the password of ${email}`) {
      const created = await createAccount(desk(), {
        email: canonicalEmail(email) as Email,
        password,
        by: 'command',
      })
      assert.ok(created, `${email} exists already`)
      return { id: created.id, email, password }
    },
    async code({ email }) {
      await started.sallyport.inside.mail.idle()
      const code = mailing.codes(started.sallyport, email, started.settings.otpLength).at(-1)
      assert.ok(code, `no code was mailed to ${email}`)
      return code
    },
    async longCode({ email }) {
      await started.sallyport.inside.mail.idle()
      const code = mailing.longCodes(started.sallyport, email).at(-1)
      assert.ok(code, `no long code was mailed to ${email}`)
      return code
    },
    async mailsTo({ email }) {
      await started.sallyport.inside.mail.idle()
      return mailing.subjects(started.sallyport, email)
    },
    async mailTexts({ email }) {
      await started.sallyport.inside.mail.idle()
      return mailing.texts(email)
    },
    async logIn({ email, password }, client = gate.client()) {
      const reply = await client.post('/auth/login', { email, password })
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      // A mail that is still on its way would expire when the test moves the clock.
      await started.sallyport.inside.mail.idle()
      return client
    },
    verify: async (account, client) => client.post('/auth/verify-otp', { otp: await gate.code(account) }),
    async enter(account, client) {
      const entering = await gate.logIn(account, client)
      const reply = await gate.verify(account, entering)
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      return entering
    },
    async enterTrusted(account, client) {
      const entering = await gate.logIn(account, client)
      const sent = { otp: await gate.code(account), trustDevice: true }
      const reply = await entering.post('/auth/verify-otp', sent)
      assert.equal(reply.body.deviceTrusted, true, JSON.stringify(reply.body))
      return entering
    },
    async accessToken(client) {
      const reply = await client.post('/auth/token')
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      return reply.body.accessToken
    },
    async bothTokens(client) {
      const reply = await client.post('/auth/token', { refresh: true })
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      return reply.body
    },
    disable: async (account) => assert.ok(await disableAccount(desk(), await recordOf(account))),
    enable: async (account) => assert.ok(await enableAccount(desk(), await recordOf(account))),
    unlock: async (account) => unlockAccount(desk(), await recordOf(account)),
    async setClaims(account, claims) {
      await changeClaims(desk(), await recordOf(account), () => claims)
    },
    async restart(env = {}) {
      await started.sallyport.close()
      started = await start({ ...environment, ...env })
    },
    async close() {
      for (const client of clients) client.close()
      try {
        await started.sallyport.close()
      } finally {
        await closeAround()
      }
    },
  }
  test?.after(gate.close)
  return gate
}

/** Another code of the same length. */
export function wrongCode(code: string): string {
  const last = (Number(code.at(-1)) + 1) % 10
  return `${code.slice(0, -1)}${last}`
}

/** What an access token says. */
export function claimsOf(accessToken: string) {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
}

/** The reply is the refusal `code`, whole and in the catalogue's form. Gives its body for what belongs to this occurrence. */
export function assertProblem(
  reply: Pick<Response, 'status' | 'headers' | 'body'>,
  status: number,
  code: string,
) {
  assert.equal(`${reply.status} ${reply.body?.code}`, `${status} ${code}`, JSON.stringify(reply.body))
  assert.equal(reply.headers['content-type'], 'application/problem+json')
  assert.equal(reply.body.status, status)
  assert.equal(reply.body.instance, reply.headers['x-flow-id'])
  return reply.body
}

const quickPasswords: PasswordHasher = {
  hash: async (password) => `plain ${password}`,
  verify: async (stored, password) => ({ matches: stored === `plain ${password}`, needsRehash: false }),
  verifyNothing: async () => {},
}

function environmentOf(port: number, store: OpenedEngine): Record<string, string> {
  return {
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL: `http://localhost:${port}`,
    SESSION_SECRET: sessionSecret,
    RATE_LIMITS: 'off',
    // Nothing here has to survive a power cut.
    DATABASE_SYNC: 'normal',
    ...store.env,
  }
}

function listenerOf(sallyport: Sallyport): RequestListener {
  const app = createApp(sallyport)
  return (req: IncomingMessage, res: ServerResponse) => {
    if (!sallyport.inside.dispatch(req, res)) app(req, res)
  }
}

type Mailing = {
  env: Record<string, string>
  codes(sallyport: Sallyport, email: string, length: number): string[]
  longCodes(sallyport: Sallyport, email: string): string[]
  subjects(sallyport: Sallyport, email: string): string[]
  texts(email: string): string[]
  close(): Promise<void>
}

const longCode = /\b[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}\b/

function inboxMailing(): Mailing {
  const mails = ({ inside }: Sallyport, email: string) => inside.mail.inbox?.list(email).reverse() ?? []
  const codes = (sallyport: Sallyport, email: string) =>
    mails(sallyport, email).flatMap(({ code }) => code ?? [])
  return {
    env: {},
    codes: (sallyport, email) => codes(sallyport, email).filter((code) => !longCode.test(code)),
    longCodes: (sallyport, email) => codes(sallyport, email).filter((code) => longCode.test(code)),
    subjects: (sallyport, email) => mails(sallyport, email).map(({ subject }) => subject),
    texts: () => assert.fail("the development inbox keeps no texts: open the gate with mode 'production'"),
    close: async () => {},
  }
}

async function sinkMailing(): Promise<Mailing> {
  const sink = await startSmtpSink()
  const mails = (email: string) => sink.mails.filter(({ recipients }) => recipients.includes(email))
  return {
    env: { SMTP_URL: sink.url },
    codes: (_, email, length) =>
      mails(email)
        .filter(({ subject }) => /^\d{4,9} /.test(subject))
        .map((mail) => codeIn(mail, length)),
    longCodes: (_, email) => mails(email).flatMap(({ text }) => longCode.exec(text)?.[0] ?? []),
    subjects: (_, email) => mails(email).map(({ subject }) => subject),
    texts: (email) => mails(email).map(({ text }) => text),
    close: sink.close,
  }
}

function linesLog(lines: string[]): Log {
  const keep = (entry: object) => void lines.push(JSON.stringify(entry))
  return {
    event: (event) => keep(event),
    refusal: ({ exchange, status, code, cause, reason }) =>
      keep({ refused: code, status, cause, path: exchange.path, reason: String(reason) }),
    fault: (where, reason) => keep({ fault: where, reason: String(reason) }),
    notice: (text) => keep({ notice: text }),
  }
}
