import { setTimeout as sleep } from 'node:timers/promises'
import type { Draw } from './draws.ts'
import type { Ledger } from './ledger.ts'
import type { Answer, Crossing, Network, Question } from './network.ts'

/** One tab, or one app. */
export type Client = {
  who: string
  draw: Draw
  accessToken: string | undefined
  /** ms since 1970, by this machine's clock. */
  expiresAt: number
  isSignedOut: boolean
}

/** How a client renews in one round. */
export type Way = {
  /** What it asks now; `undefined` when another client has renewed for it meanwhile. */
  question(): Question | undefined
  took(question: Question, answer: Answer): void
}

export type Run = {
  network: Network
  ledger: Ledger
  signal: AbortSignal
  /** ms since 1970: nothing is begun later. */
  endsAt: number
}

/** Given up for this round after so many; the next one begins anew. */
const maxTries = 20

/**
 * One renewal as a client over a bad network does it: what was lost is asked again, 429 and 503 are waited for, and only a
 * refusal that names the session or the refresh token ends it. Gives whether a request of it may still be at work.
 */
export async function renew(run: Run, client: Client, way: Way): Promise<{ mayLinger: boolean }> {
  const { counts } = run.ledger
  let mayLinger = false
  let repliesLost = 0
  for (let tries = 0; tries < maxTries; tries++) {
    if (Date.now() >= run.endsAt) break
    const question = way.question()
    if (!question) return { mayLinger }
    counts.requests++
    const crossing = await run.network.cross(question, client.draw)
    count(run.ledger, crossing)
    if (crossing.kind === 'answered') {
      const { answer } = crossing
      const wait = judge(run.ledger, client, answer)
      if (wait === undefined) {
        if (answer.status !== 200 || client.isSignedOut) return { mayLinger }
        way.took(question, answer)
        if (repliesLost > 0) counts.survived++
        return { mayLinger }
      }
      await sleep(Math.min(wait, Math.max(0, run.endsAt - Date.now())), undefined, { signal: run.signal })
      continue
    }
    if (crossing.kind === 'reply_lost') {
      repliesLost++
      mayLinger ||= crossing.mayLinger
    }
    await sleep(20 + client.draw() * 180, undefined, { signal: run.signal })
  }
  counts.unfinished++
  return { mayLinger }
}

function count({ counts }: Ledger, crossing: Crossing): void {
  if (crossing.kind === 'request_lost') counts.lostRequests++
  else if (crossing.kind === 'broken') counts.broken++
  else if (crossing.kind === 'reply_lost') {
    counts.lostReplies++
    if (crossing.mayLinger) counts.cut++
  }
}

const signsOut = ['session_missing', 'session_ended', 'otp_required', 'refresh_invalid', 'refresh_reused']

/** Milliseconds to wait and ask again; `undefined` when the answer is the last word. */
function judge(ledger: Ledger, client: Client, answer: Answer): number | undefined {
  const { status, members, headers } = answer
  if (status === 429 || status === 503) {
    if (status === 429) ledger.counts.limited++
    else ledger.counts.busy++
    return (Number(headers['retry-after']) || 1) * 1_000
  }
  if (status === 200 && typeof members.accessToken === 'string') {
    ledger.counts.renewals++
    ledger.latencies.push(answer.ms)
    client.accessToken = members.accessToken
    client.expiresAt = Date.now() + Number(members.expiresIn) * 1_000
    return undefined
  }
  const code = typeof members.code === 'string' ? members.code : 'no code of Sallyport'
  client.isSignedOut = signsOut.includes(code)
  const kind = client.isSignedOut ? 'sign_out' : 'unexpected'
  const says = client.isSignedOut
    ? `signed out by ${status} ${reasonOf(members, code)}, and nobody had logged out`
    : `got ${status} (${code})`
  ledger.found({ kind, who: client.who, says, supportCode: supportCodeOf(answer) })
  return undefined
}

function reasonOf({ reason }: Answer['members'], code: string): string {
  return typeof reason === 'string' ? `${code} (${reason})` : code
}

export function supportCodeOf({ headers }: Answer): string | null {
  const flowId = headers['x-flow-id']
  return typeof flowId === 'string' ? flowId : null
}
