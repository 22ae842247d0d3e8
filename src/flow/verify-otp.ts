import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import { createSecret, hashSecret } from '../utils/secret.ts'
import { completeRegistration } from './complete-registration.ts'
import { trustDevice } from './devices.ts'
import { decide, type Gate, isKnownBrowser, type RecordEvent, sendNotice, type Visit } from './gate.ts'
import { openVerified } from './open-session.ts'
import { sessionEnded } from './refusals.ts'
import type { OpenChallenge, Pending, Verified } from './session-state.ts'
import { countedInAccount, refuseOtherLength, spendCode } from './spend-code.ts'

/** A session that a code of this step belongs to. */
export type Verifiable = Pending | (Verified & { challenge: OpenChallenge })

export type VerifiedCode = {
  sessionSecret: string
  session: Verified
  /** The secret of a browser that is trusted from now on. */
  trustedSecret: string | undefined
}

type Outcome = Omit<VerifiedCode, 'sessionSecret'>

/**
 * The second door. One transaction charges the try, compares, consumes the code and moves on to a session under a new id.
 * What lies behind the door depends on what the code was asked for: a login, an account that begins, a fresh look at one.
 */
export async function verifyOtp(
  gate: Gate,
  visit: Visit,
  session: Verifiable,
  input: { code: string; trustDevice: boolean },
): Promise<VerifiedCode> {
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, async (acts, record): Promise<Outcome | Problem> => {
    const opened = await openNext(gate, visit, acts, record, { session, code: input.code, sessionSecret })
    if (opened instanceof Problem) return opened
    const trustedSecret = input.trustDevice ? await trustDevice(gate, visit, acts, record, opened) : undefined
    return { session: opened, trustedSecret }
  })
  // A lock and a new device are told by mail.
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { sessionSecret, ...outcome }
}

type Opening = { session: Verifiable; code: string; sessionSecret: string }

function openNext(gate: Gate, visit: Visit, acts: Acts, record: RecordEvent, opening: Opening) {
  const { session, ...rest } = opening
  const isStrangers = session.stage === 'otp_pending' && session.purpose === 'registration'
  if (!isStrangers) refuseOtherLength(gate, opening.code)
  if (session.stage === 'verified') return finishStepUp(gate, visit, acts, record, { session, ...rest })
  if (session.purpose === 'login') return finishLogin(gate, visit, acts, record, { session, ...rest })
  return completeRegistration(gate, visit, acts, record, { session, ...rest })
}

async function finishLogin(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  opening: { session: Extract<Pending, { purpose: 'login' }>; code: string; sessionSecret: string },
): Promise<Verified | Problem> {
  const { session, code, sessionSecret } = opening
  const { accountId, sessionId, challengeId } = session
  const account = await acts.accounts.hold(accountId)
  if (!account) return sessionEnded('disabled')
  const correct = gate.emailOtp.matches(challengeId, code)
  const attempt = { challengeId, purpose: 'login' as const, correct, about: { accountId, sessionId } }
  const spent = await spendCode(gate, visit, acts, record, attempt, countedInAccount(gate, acts, account))
  if (spent instanceof Problem) return spent
  const now = gate.clock.now()
  // Thrown, not returned: it undoes the consumption, so that a code is never spent without its session.
  if (!(await acts.sessions.end(sessionId, 'replaced', now))) throw sessionEnded('logged_out')
  await greet(gate, visit, acts, account)
  const { claims, email } = account
  const amr = ['pwd', gate.emailOtp.amr]
  const next = { accountId, email, claims, amr, authTime: now, flowId: session.flowId, sessionSecret }
  const opened = await openVerified(gate, visit, acts, next)
  await record({
    type: 'code.accepted',
    accountId,
    sessionId,
    detail: { for: 'login', newSession: opened.sessionId },
  })
  return opened
}

/** The owner is told of a browser that never logged in before (ASVS 6.3.5), except at the very first login. */
async function greet(gate: Gate, visit: Visit, acts: Acts, account: AccountRecord): Promise<void> {
  const now = gate.clock.now()
  const isFirst = account.firstLoginAt === null
  const language = visit.language ?? account.language
  if (isFirst || account.language !== language) await acts.accounts.noteLogin(account.id, language, now)
  if (isFirst || isKnownBrowser(visit, account.email, await acts.addressBudgets.knownSince(account.email)))
    return
  await sendNotice(acts, account, { kind: 'new_device', detail: { device: visit.device, usedAt: now }, now })
}

/** The session stays, verified anew, under another cookie: its tokens stay good, and new ones say the new `auth_time`. */
async function finishStepUp(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  opening: { session: Verified & { challenge: OpenChallenge }; code: string; sessionSecret: string },
): Promise<Verified | Problem> {
  const { session, code, sessionSecret } = opening
  const { accountId, sessionId, challenge } = session
  const account = await acts.accounts.hold(accountId)
  if (!account) return sessionEnded('disabled')
  const correct = gate.emailOtp.matches(challenge.id, code)
  const about = { accountId, sessionId }
  const attempt = { challengeId: challenge.id, purpose: 'step_up' as const, correct, about }
  const spent = await spendCode(gate, visit, acts, record, attempt, countedInAccount(gate, acts, account))
  if (spent instanceof Problem) return spent
  const now = gate.clock.now()
  const amr = [...new Set([...session.amr, gate.emailOtp.amr])]
  const renewed = await acts.sessions.renew({
    id: sessionId,
    secretHash: hashSecret(sessionSecret),
    amr,
    now,
  })
  if (!renewed) throw sessionEnded('logged_out')
  await record({ type: 'code.accepted', ...about, detail: { for: 'step_up', newSession: sessionId } })
  return { ...session, amr, authTime: now, challenge: undefined }
}
