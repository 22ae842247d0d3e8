import type { CookieJar } from '../cookie-jar.ts'
import type { Crowd } from './crowd.ts'
import { createDraw } from './draws.ts'
import type { Answer, Question } from './network.ts'
import { type Run, supportCodeOf } from './renew.ts'

const draw = createDraw('', 'after')

/**
 * What no client may have heard: a request that was cut can have ended the session behind its back. So each crowd renews once more,
 * over a network that loses nothing, and the last access token of each client is shown once.
 */
export async function examineAfter(run: Run, crowd: Crowd): Promise<void> {
  const staying = crowd.clients.filter(({ isSignedOut }) => !isSignedOut)
  if (staying.length === 0) return
  const last = await ask(run, crowd.question())
  if (last && last.status !== 200) report(run, crowd.name, last, 'could not renew once more at the end')
  for (const { who, accessToken, expiresAt } of staying) {
    // One that is about to expire may do so on its way.
    if (accessToken === undefined || expiresAt < Date.now() + 2_000) continue
    const headers = { authorization: `Bearer ${accessToken}` }
    const answer = await ask(run, { who, method: 'GET', path: '/auth/protected', headers })
    if (answer && answer.status !== 200) report(run, who, answer, 'had its access token refused at the end')
  }
}

/** Whether the session is still there, and if not, whether it was a reuse alarm of which no client heard that ended it. */
export async function examineSession(run: Run, who: string, jar: CookieJar): Promise<void> {
  const headers = { cookie: jar.header() }
  const answer = await ask(run, { who, method: 'GET', path: '/auth/session', headers })
  if (answer?.status !== 200 || answer.members.stage === 'verified') return
  const { findings, found } = run.ledger
  const { endedBecause } = answer.members
  const supportCode = supportCodeOf(answer)
  if (endedBecause === 'revoked' && !findings.some(({ kind }) => kind === 'reuse_alarm')) {
    found({
      kind: 'reuse_alarm',
      who,
      says: 'its session was revoked, by a request whose reply was lost',
      supportCode,
    })
  }
  if (findings.some(({ kind }) => kind === 'sign_out')) return
  const why = typeof endedBecause === 'string' ? endedBecause : 'unknown'
  found({ kind: 'sign_out', who, says: `has no session any more at the end (${why})`, supportCode })
}

async function ask({ network, ledger }: Run, question: Question): Promise<Answer | undefined> {
  ledger.counts.requests++
  const crossing = await network.cross(question, draw)
  if (crossing.kind === 'answered') return crossing.answer
  ledger.counts.broken++
  return undefined
}

function report({ ledger }: Run, who: string, answer: Answer, what: string): void {
  const { status, members } = answer
  // Held back, or away: that says nothing about the session.
  if (status === 429 || status === 503) return
  const { code, reason } = members
  const kind = [401, 403].includes(status) ? 'sign_out' : 'unexpected'
  const why = typeof reason === 'string' ? `${code}, ${reason}` : String(code)
  ledger.found({ kind, who, says: `${what}: ${status} (${why})`, supportCode: supportCodeOf(answer) })
}
