/**
 * What clients were told, on disk before they act on it: the truth that a killed server is held to (F-KILL-01). `startLoad` lets
 * clients live through the flow and write it down; `replay` asks the restarted server for everything it has acknowledged.
 */
import assert from 'node:assert/strict'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryDirectory } from './child-processes.ts'
import { type Client, createClient } from './http-client.ts'
import { cookieOf, type Installation, outcomeOf, type TestAccount } from './processes.ts'

type Step = 'login' | 'verify' | 'token' | 'refresh' | 'logout'

/** `sent` is written before a request leaves, `acknowledged` after its 200 has come. */
type Entry = {
  life: string
  accountId: string
  step: Step
  state: 'sent' | 'acknowledged'
  cookie?: string
  code?: string
  accessToken?: string
  refreshToken?: string
}

export type Ledger = { write(entry: Entry): void; read(): Entry[]; close(): void }

export function openLedger(): Ledger {
  const file = join(temporaryDirectory('ledger'), 'ledger.jsonl')
  const descriptor = openSync(file, 'a')
  return {
    write(entry) {
      writeSync(descriptor, `${JSON.stringify(entry)}\n`)
      fsyncSync(descriptor)
    },
    read: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Entry),
    close: () => closeSync(descriptor),
  }
}

/** One client for each account goes round the flow until `stop`, or until its server is gone. */
export function startLoad(
  place: Installation,
  ledger: Ledger,
  accounts: TestAccount[],
): { stop(): Promise<void> } {
  let stopped = false
  const clients = accounts.map(async (account, seat) => {
    for (let turn = 0; !stopped; turn++) {
      try {
        await live(place, ledger, account, `${account.id} ${Date.now()} ${turn}`, seat, () => stopped)
      } catch {
        // No reply, or the store did not answer: what was not acknowledged may have happened or not.
        await sleep(20)
      }
    }
  })
  return {
    async stop() {
      stopped = true
      await Promise.all(clients)
    },
  }
}

async function live(
  place: Installation,
  ledger: Ledger,
  account: TestAccount,
  life: string,
  seat: number,
  isOver: () => boolean,
): Promise<void> {
  const server = place.servers[seat % place.servers.length]
  const client = createClient(`http://127.0.0.1:${server?.port}`, { timeoutMs: 6_000 })
  const told: Partial<Entry> = {}
  async function step(name: Step, path: string, body?: object): Promise<Record<string, string>> {
    if (isOver()) throw new Error('over')
    ledger.write({ life, accountId: account.id, step: name, state: 'sent', ...told })
    const reply = await client.post(path, body)
    if (reply.status !== 200) throw new Error(outcomeOf(reply))
    const { accessToken, refreshToken } = reply.body
    Object.assign(
      told,
      { cookie: cookieOf(client) },
      accessToken && { accessToken },
      refreshToken && { refreshToken },
    )
    ledger.write({ life, accountId: account.id, step: name, state: 'acknowledged', ...told })
    return reply.body
  }
  try {
    const { sessionId } = await step('login', '/auth/login', {
      email: account.email,
      password: account.password,
    })
    told.code = await place.codeOf(sessionId as string)
    ledger.write({ life, accountId: account.id, step: 'login', state: 'acknowledged', ...told })
    await step('verify', '/auth/verify-otp', { otp: told.code })
    await step('token', '/auth/token', { refresh: true })
    for (let turn = 0; turn < 3; turn++)
      await step('refresh', '/auth/refresh', { refreshToken: told.refreshToken })
    if (Math.random() < 0.5) {
      const cookie = cookieOf(client)
      await step('logout', '/auth/logout')
      ledger.write({ life, accountId: account.id, step: 'logout', state: 'acknowledged', ...told, cookie })
    }
  } finally {
    client.close()
  }
}

export type Replayed = { lives: number; acknowledged: number }

/** Asks for everything in the ledger, and fails at the first thing that is lost (I1), came back (I2) or was spent twice (I3). */
export async function replay(place: Installation, ledger: Ledger): Promise<Replayed> {
  const entries = ledger.read()
  const lives = Map.groupBy(entries, ({ life }) => life)
  for (const [index, life] of [...lives.values()].entries()) {
    const client = createClient(`http://127.0.0.1:${place.servers[index % place.servers.length]?.port}`)
    try {
      await replayLife(client, life)
    } catch (reason) {
      const story = life.map(({ step, state }) => `${step} ${state}`).join(', ')
      throw new Error(`What was acknowledged does not hold: ${story}`, { cause: reason })
    } finally {
      client.close()
    }
  }
  await compareTrail(place, entries)
  return { lives: lives.size, acknowledged: entries.filter(({ state }) => state === 'acknowledged').length }
}

async function replayLife(client: Client, life: Entry[]): Promise<void> {
  const acknowledged = life.filter(({ state }) => state === 'acknowledged')
  const last = acknowledged.at(-1)
  if (!last) return
  const isUncertain = life.at(-1)?.state === 'sent'
  const headers = { cookie: last.cookie ?? '' }
  const session = (await client.get('/auth/session', { headers })).body
  switch (last.step) {
    case 'login':
      return replayLogin(client, last, session, isUncertain)
    case 'logout':
      return replayLogout(client, last)
    default:
      await replayVerified(client, acknowledged, session, isUncertain && life.at(-1)?.step === 'logout')
  }
}

/** A login that was acknowledged waits for its code, unless the code was on its way when the server died. */
async function replayLogin(
  client: Client,
  login: Entry,
  session: { stage: string; endedBecause?: string },
  isUncertain: boolean,
): Promise<void> {
  const headers = { cookie: login.cookie ?? '' }
  if (isUncertain && session.stage === 'anonymous') assert.equal(session.endedBecause, 'replaced')
  else assert.equal(session.stage, 'otp_pending')
  if (session.stage !== 'otp_pending' || login.code === undefined) return
  const verify = async () =>
    outcomeOf(await client.clone().post('/auth/verify-otp', { otp: login.code }, { headers }))
  assert.equal(await verify(), '200')
  assert.equal(await verify(), '401 session_ended')
}

async function replayLogout(
  client: Client,
  { cookie = '', accessToken, refreshToken }: Entry,
): Promise<void> {
  if (cookie !== '') {
    const { body } = await client.get('/auth/session', { headers: { cookie } })
    assert.equal(body.stage, 'anonymous')
    assert.equal((await client.post('/auth/token', undefined, { headers: { cookie } })).status, 401)
  }
  assert.equal(
    outcomeOf(await client.get('/auth/protected', { bearer: accessToken as string })),
    '401 token_invalid',
  )
  assert.equal(outcomeOf(await client.post('/auth/refresh', { refreshToken })), '401 refresh_invalid')
}

async function replayVerified(
  client: Client,
  acknowledged: Entry[],
  session: { stage: string; endedBecause?: string },
  mayBeLoggedOut: boolean,
): Promise<void> {
  const last = acknowledged.at(-1) as Entry
  if (mayBeLoggedOut && session.stage === 'anonymous') {
    assert.equal(session.endedBecause, 'logged_out')
    return replayLogout(client, last)
  }
  assert.equal(session.stage, 'verified')
  const login = acknowledged.findLast(({ step }) => step === 'login') as Entry
  const again = await client
    .clone()
    .post('/auth/verify-otp', { otp: login.code }, { headers: { cookie: login.cookie ?? '' } })
  assert.equal(outcomeOf(again), '401 session_ended')
  if (last.accessToken)
    assert.equal((await client.get('/auth/protected', { bearer: last.accessToken })).status, 200)
  await replayRefresh(client, acknowledged)
}

/** The newest token still works; one that is two turns old ends the family. */
async function replayRefresh(client: Client, acknowledged: Entry[]): Promise<void> {
  const tokens = [...new Set(acknowledged.flatMap(({ refreshToken }) => refreshToken ?? []))]
  if (tokens.length === 0) return
  const refresh = (refreshToken: string | undefined) => client.post('/auth/refresh', { refreshToken })
  const next = await refresh(tokens.at(-1))
  assert.equal(next.status, 200, outcomeOf(next))
  if (tokens.length < 2) return
  assert.equal(outcomeOf(await refresh(tokens.at(-2))), '401 refresh_reused')
  assert.equal(outcomeOf(await refresh(next.body.refreshToken)), '401 refresh_invalid')
}

const trailOf = {
  login: ['login.accepted'],
  verify: ['code.accepted'],
  token: ['refresh.granted'],
  refresh: ['refresh.rotated', 'refresh.repeated'],
  logout: ['session.ended logged_out'],
} satisfies Record<Step, string[]>

/** Each acknowledged step has its entry; no code was accepted and no generation rotated twice; the chain is whole. */
async function compareTrail(place: Installation, entries: Entry[]): Promise<void> {
  const rows = await place.desk(({ stores }) =>
    stores.database.read('select type, account_id, session_id, detail from audit_events'),
  )
  const words = rows.map((row) => {
    const { because, generation } = JSON.parse(String(row.detail))
    return {
      ...row,
      word: row.type === 'session.ended' ? `${row.type} ${because}` : String(row.type),
      generation,
    }
  })
  for (const [accountId, own] of Map.groupBy(entries, (entry) => entry.accountId)) {
    for (const step of Object.keys(trailOf) as Step[]) {
      const told = own.filter((entry) => entry.step === step && entry.state === 'acknowledged')
      const expected = new Set(
        told.map((entry) => `${entry.life} ${step === 'refresh' ? entry.refreshToken : ''}`),
      ).size
      const found = words.filter(
        (row) =>
          'account_id' in row &&
          row.account_id === accountId &&
          (trailOf[step] as string[]).includes(row.word),
      ).length
      assert.ok(
        found >= expected,
        `${expected} times ${step} acknowledged to ${accountId}, ${found} in the audit trail`,
      )
    }
  }
  const once = words.flatMap((row) => {
    if (row.word === 'code.accepted') return [`code of ${'session_id' in row && row.session_id}`]
    if (row.word === 'refresh.rotated')
      return [`generation ${row.generation} of ${'session_id' in row && row.session_id}`]
    return []
  })
  assert.deepEqual(
    once.filter((word, index) => once.indexOf(word) !== index),
    [],
  )
  assert.deepEqual(await place.auditFaults(), [])
}
