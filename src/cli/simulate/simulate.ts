import { createVisitor } from '../visitor.ts'
import { type Crowd, cookieCrowd, runRounds, storedTokenCrowd } from './crowd.ts'
import { examineAfter, examineSession } from './examine-after.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { type Answer, createNetwork, type Question } from './network.ts'
import { type Entered, enter, expect, type Person, type PersonOptions, withPerson } from './person.ts'
import { type Run, supportCodeOf } from './renew.ts'

export type Mode = 'both' | 'cookie' | 'refresh'

export type Simulation = PersonOptions & {
  tabs: number
  /** 0 to 1. */
  loss: number
  latencyMs: number
  seconds: number
  /** At most, of each crowd. */
  rounds: number
  mode: Mode
  seed: string
  /** Called when everybody is logged in. */
  onStart: (email: string) => void
}

export type Outcome = { email: string; crowds: Crowd[]; ledger: Ledger }

/** Logs in a browser and an app, lets all their clients renew over a bad network, and looks what is left of their sessions. */
export async function simulate(wanted: Simulation): Promise<Outcome> {
  const { signal } = wanted
  try {
    return await withPerson(wanted, (person) => simulateAs(person, wanted))
  } catch (reason) {
    // What a sleep throws is an AbortError; the reason of the signal says what happened.
    signal.throwIfAborted()
    throw reason
  }
}

async function simulateAs(person: Person, wanted: Simulation): Promise<Outcome> {
  const { url, signal, loss, latencyMs, seconds } = wanted
  const ledger = createLedger()
  const entered: Entered[] = []
  try {
    const crowds = await gather(person, wanted, entered)
    wanted.onStart(person.email)
    const overhear = (question: Question, answer: Answer) => note(ledger, question, answer)
    const network = createNetwork({ url, loss, latencyMs, signal, overhear })
    const run: Run = { network, ledger, signal, endsAt: Date.now() + seconds * 1_000 }
    await Promise.all(crowds.map((crowd) => runRounds(run, crowd, wanted.rounds)))
    const after = { ...run, network: createNetwork({ url, loss: 0, latencyMs: 0, signal, overhear }) }
    for (const crowd of crowds) await examineAfter(after, crowd)
    for (const { what, jar } of entered) await examineSession(after, what, jar)
    return { email: person.email, crowds, ledger }
  } finally {
    for (const { jar } of entered) await logOut(url, jar)
  }
}

/** The browser is one session, with its cookie and its stored refresh token; the app is another. */
async function gather(person: Person, wanted: Simulation, entered: Entered[]): Promise<Crowd[]> {
  const { url, tabs, seed, mode, signal } = wanted
  const crowds: Crowd[] = []
  const browser = await enter(url, person, 'the browser', signal)
  entered.push(browser)
  if (mode !== 'refresh') crowds.push(cookieCrowd(tabs, seed, browser.jar))
  if (mode === 'cookie') return crowds
  const stored = await grant(browser, 'the browser')
  crowds.push(storedTokenCrowd({ name: 'tabs, by stored token', clients: tabs, seed }, stored))
  const app = await enter(url, person, 'the app', signal)
  entered.push(app)
  crowds.push(storedTokenCrowd({ name: 'app', clients: 1, seed }, await grant(app, 'the app')))
  return crowds
}

async function grant({ visitor }: Entered, whose: string): Promise<{ refreshToken: string }> {
  const reply = await visitor.request('POST', '/auth/token', { body: { refresh: true } })
  expect(reply, `The refresh token of ${whose}`)
  return { refreshToken: String(reply.members.refreshToken) }
}

/** Of every reply, also of one that was lost on its way: the client can't know what it misses, we can. */
function note(ledger: Ledger, { who, path, body }: Question, answer: Answer): void {
  if (path !== '/auth/refresh') return
  const { refreshToken, code } = answer.members
  const supportCode = supportCodeOf(answer)
  if (typeof refreshToken === 'string') {
    ledger.succeeded(String(body?.refreshToken), refreshToken, who, supportCode)
  } else if (code === 'refresh_reused') {
    ledger.found({ kind: 'reuse_alarm', who, says: alarm, supportCode })
  }
}

const alarm = 'the server took a token of one of our own clients for a stolen one, and ended the session'

/** Ctrl-C is no reason to leave sessions behind. */
async function logOut(url: string, jar: Entered['jar']): Promise<void> {
  await createVisitor(url, { jar })
    .request('POST', '/auth/logout')
    .catch(() => {})
}
