/**
 * `npm run test:timing`: whether the time of an answer tells if an address has an account (A-ENUM-01, A-ENUM-03, A-ENUM-04,
 * A-ENUM-05). Interleaved requests, in random order, to the real server in production mode while its mail server takes two seconds
 * for each mail. Exit code 1 when any two classes can be told apart better than 0.55. Not a part of CI: it wants a quiet machine.
 *
 *   npm run test:timing -- [--samples 2000] [--engine embedded|postgres|postgres+redis] [--processes 1|2]
 *     [--only <part of a question's name>]
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import type { AccountDesk } from '../../src/flow/accounts.ts'
import { disableAccount } from '../../src/flow/accounts.ts'
import type { AccountRecord } from '../../src/stores/accounts.ts'
import { canonicalEmail, type Email } from '../../src/utils/email.ts'
import { createId } from '../../src/utils/secret.ts'
import { deployments } from '../support/engines.ts'
import type { Client } from '../support/http-client.ts'
import { type Installation, openInstallation } from '../support/processes.ts'
import { type Cast, type Question, questions } from './questions.ts'
import { median, separation } from './separation.ts'

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '2000' },
    engine: { type: 'string', default: 'embedded' },
    processes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const samples = Number(values.samples)
const processes = Number(values.processes)
const perClass = 100
const mostAllowed = 0.55

const cleanUps: (() => Promise<void>)[] = []
try {
  process.exitCode = (await run()) ? 0 : 1
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
}

async function run(): Promise<boolean> {
  const engine = deployments.find(({ name }) => name.replaceAll(' ', '') === values.engine)
  assert.ok(
    engine,
    `--engine is one of ${deployments.map(({ name }) => name.replaceAll(' ', '')).join(', ')}`,
  )
  const place = await openInstallation(
    { after: (done) => void cleanUps.push(done) },
    // A resend is asked for at once; everything else is as it is run.
    { engine, processes, env: { OTP_RESEND_AFTER: '0s', STEP_UP_TTL: '24h' } },
  )
  place.sink.script([{ at: 'data', delayMs: 2_000, times: Number.POSITIVE_INFINITY }])
  const cast = await place.desk(fill)
  const owner = await place.makeAccount('owner@example.test')
  const verified = await place.enter(owner)
  const clients = newClients(place)
  let passed = true
  const servers = processes === 1 ? 'one process' : `${processes} processes in turn`
  print(`${samples} samples a class, ${engine.name}, ${servers}, mails take 2 s`)
  print('| Question | Classes | Median ms | Best threshold | |')
  print('|---|---|---|---|---|')
  for (const question of questions(cast, clients, verified)) {
    if (!question.name.includes(values.only)) continue
    passed = report(question, await measure(question)) && passed
  }
  return passed
}

function newClients(place: Installation) {
  const shared = place.servers.map((_, index) => place.client(index))
  let turn = 0
  // One connection a server and no cookies: each request is a stranger's first.
  return () => (shared[turn++ % shared.length] as Client).clone()
}

/** Accounts of each kind, with one hash for all: nobody logs in to them. */
async function fill({ stores, passwords, clock, events }: AccountDesk): Promise<Cast> {
  const passwordHash = await passwords.hash('the password of all of them')
  const names = (kind: string) =>
    Array.from({ length: perClass }, (_, index) => `${kind}-${index}@example.test`)
  const cast = {
    known: names('known'),
    disabled: names('disabled'),
    locked: names('locked'),
    unknown: names('unknown'),
    taken: names('taken'),
    moved: names('moved'),
  }
  for (const email of [...cast.known, ...cast.disabled, ...cast.locked, ...cast.taken, ...cast.moved]) {
    const account = {
      id: createId('acc'),
      email: canonicalEmail(email) as Email,
      passwordHash,
      now: clock.now(),
    }
    await stores.atomically(({ accounts }) => accounts.create(account))
  }
  const find = async (email: string) => (await stores.read.accounts.findByEmail(email)) as AccountRecord
  const desk = { stores, passwords, clock, events }
  for (const email of cast.disabled) await disableAccount(desk, await find(email))
  for (const email of cast.locked) {
    const { id, codeTally } = await find(email)
    const locked = { ...codeTally, lockLevel: 1, lockedUntil: clock.now() + 86_400_000 }
    await stores.atomically(({ accounts }) => accounts.keepCodeTally(id, locked))
  }
  return cast
}

async function measure({ classes, status }: Question): Promise<Record<string, number[]>> {
  const names = Object.keys(classes)
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  const warmUp = Math.min(100, samples)
  for (let round = 0; round < samples + warmUp; round++) {
    for (const name of shuffled(names)) {
      const { prepare, ask } = classes[name]?.(round) ?? {}
      await prepare?.()
      const startedAt = performance.now()
      const reply = await ask?.()
      const ms = performance.now() - startedAt
      assert.equal(reply?.status, status, `${name}: ${JSON.stringify(reply?.body)}`)
      if (round >= warmUp) times[name]?.push(ms)
    }
  }
  return times
}

function report(question: Question, times: Record<string, number[]>): boolean {
  const names = Object.keys(times)
  let passed = true
  for (const [index, first] of names.entries()) {
    for (const second of names.slice(index + 1)) {
      const [one, other] = [times[first] ?? [], times[second] ?? []]
      const best = separation(one, other)
      const fits = best <= mostAllowed
      passed &&= fits
      const medians = `${median(one).toFixed(2)} / ${median(other).toFixed(2)}`
      print(
        `| ${question.name} | ${first} / ${second} | ${medians} | ${best.toFixed(3)} | ${fits ? 'same' : 'DIFFERENT'} |`,
      )
    }
  }
  return passed
}

function shuffled<Item>(items: Item[]): Item[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
