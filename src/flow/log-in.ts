import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import { noFailures } from '../utils/password-budget.ts'
import { createSecret, hashSecret } from '../utils/secret.ts'
import { type CheckedPassword, checkPassword } from './check-password.ts'
import { endSessionsOf } from './devices.ts'
import { decide, type Gate, type RecordEvent, sendNotice, type Visit } from './gate.ts'
import { mailCode, openChallenge } from './open-challenge.ts'
import { endReplaced, openPending, openVerified } from './open-session.ts'
import type { OtpView } from './otp-view.ts'
import { invalidCredentials, otpLocked } from './refusals.ts'
import type { Pending, SessionState, Verified } from './session-state.ts'

export type LoggedIn = { sessionSecret: string } & (
  | { session: Pending; otp: OtpView }
  /** In a trusted device the password is enough. */
  | { session: Verified; otp?: never }
)

/**
 * The first door. A right password opens a pending session under a new id and puts a code into the outbox; whatever session
 * the browser had before ends.
 */
export async function logIn(
  gate: Gate,
  visit: Visit,
  input: { email: string; password: string },
  before: SessionState,
): Promise<LoggedIn> {
  const checked = await checkPassword(gate, visit, input)
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, async (acts, record) => {
    // Held until the end: somebody who is disabled, or whose password changes, at this moment gets no session (A-RACE-16).
    const account = await acts.accounts.hold(checked.account.id)
    if (!account || account.passwordHash !== checked.account.passwordHash) return invalidCredentials()
    await clearFailures(gate, visit, acts, account, checked)
    const trusted = await openTrusted(gate, visit, acts, record, { account, sessionSecret, before })
    return trusted ?? openFirstDoor(gate, visit, acts, record, { account, sessionSecret, before })
  })
  // A login after many failures is told by mail, whatever becomes of it.
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { sessionSecret, ...outcome }
}

/** From so many wrong passwords in a row on, the owner is told of the right one (ASVS 6.3.5). */
const worthTelling = 10

async function clearFailures(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  account: AccountRecord,
  { failuresBefore }: CheckedPassword,
): Promise<void> {
  const now = gate.clock.now()
  await acts.addressBudgets.keepPasswords(account.email, noFailures, now)
  if (failuresBefore < worthTelling) return
  const detail = { device: visit.device, usedAt: now, count: failuresBefore }
  await sendNotice(acts, account, { kind: 'login_after_failures', detail, now })
}

type Opening = { account: AccountRecord; sessionSecret: string; before: SessionState }

/** `undefined` where the browser isn't trusted by this account. A lock of codes doesn't concern it: it keeps the owner in (D5). */
async function openTrusted(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  { account, sessionSecret, before }: Opening,
): Promise<{ session: Verified } | undefined> {
  const { trustedSecret } = visit.browser
  if (trustedSecret === undefined || gate.rules.trustedDeviceTtlMs === 0) return undefined
  const now = gate.clock.now()
  const deviceId = await acts.trustedDevices.use(hashSecret(trustedSecret), account.id, now)
  if (deviceId === undefined) return undefined
  await endReplaced(gate, acts, record, before)
  await endSessionsOf(gate, visit, acts, record, {
    accountId: account.id,
    deviceId,
    exceptId: '',
    because: 'replaced',
  })
  const { id: accountId, email, claims } = account
  const about = { accountId, email, claims, flowId: visit.flowId, sessionSecret, deviceId }
  const session = await openVerified(gate, visit, acts, { ...about, amr: ['pwd'], authTime: now })
  const { sessionId } = session
  await record({ type: 'login.accepted', accountId, sessionId, detail: { trustedDevice: deviceId } })
  return { session }
}

async function openFirstDoor(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  { account, sessionSecret, before }: Opening,
): Promise<{ session: Pending; otp: OtpView } | Problem> {
  const { id: accountId, email } = account
  const refusal = await refuseCode(gate, acts, account)
  if (refusal) {
    const why = refusal.code === 'otp_locked' ? 'locked' : 'too_many_codes'
    await record({ type: 'login.refused', accountId, detail: { why } })
    return refusal
  }
  await endReplaced(gate, acts, record, before)
  const asked = { purpose: 'login' as const, accountId, email: null, details: {}, destination: email }
  const challenge = await openChallenge(gate, acts, asked)
  await mailCode(gate, visit, acts, { account, kind: 'login_code', challengeId: challenge.id })
  const about = { purpose: 'login' as const, accountId, email, challengeId: challenge.id, sessionSecret }
  const session = await openPending(gate, visit, acts, about)
  await record({ type: 'login.accepted', accountId, sessionId: session.sessionId, detail: {} })
  return { session, otp: challenge.otp }
}

const hourMs = 3_600_000

/**
 * Whether an account may ask for one more code. Only somebody with the password gets here, so this protects a mailbox and the
 * store and lets no stranger lock anybody out.
 */
export async function refuseCode(
  gate: Gate,
  acts: Acts,
  account: AccountRecord,
): Promise<Problem | undefined> {
  const now = gate.clock.now()
  const { codesPerHour } = gate.rules
  if (account.codeTally.lockedUntil > now) return otpLocked(account.codeTally.lockedUntil, now)
  if (codesPerHour === undefined) return undefined
  if ((await acts.challenges.countSince(account.id, now - hourMs)) < codesPerHour) return undefined
  return new Problem('rate_limited', {
    detail: 'Too many codes were sent to this account within an hour.',
    cause: 'codes_of_account',
    retryAfterSeconds: 600,
  })
}
