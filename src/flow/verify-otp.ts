import type { ProblemCode } from '../problems/catalogue.ts'
import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import { chargeWrongCode, clearedTally, hasFailures } from '../utils/code-budget.ts'
import { createId, createSecret, hashSecret } from '../utils/secret.ts'
import { decide, type Gate, tellOwner, type Visit } from './gate.ts'
import { challengeClosed, otpLocked, sessionEnded } from './refusals.ts'
import type { Pending, Verified } from './session-state.ts'

export type VerifiedCode = { sessionSecret: string; session: Verified }

/**
 * The second door. One transaction charges the try, compares, consumes the code and moves on to a session under a new id:
 * either all of it happened or nothing (F-STORE-03), and a wrong code is charged whatever becomes of the reply (D3).
 */
export async function verifyOtp(
  gate: Gate,
  visit: Visit,
  pending: Pending,
  code: string,
): Promise<VerifiedCode> {
  // No code at all, so nothing is compared and nothing charged: a zero that got lost costs no try (A-OTP-08).
  if (code.length !== gate.emailOtp.length) throw otherLength(gate.emailOtp.length)
  const now = gate.clock.now()
  const correct = gate.emailOtp.matches(pending.challengeId, code)
  const sessionSecret = createSecret()
  const outcome = await decide(gate, { ...visit }, async (acts, record) => {
    const about = { accountId: pending.accountId, sessionId: pending.sessionId }
    const account = await acts.accounts.hold(pending.accountId)
    if (!account) return sessionEnded('disabled')
    if (account.codeTally.lockedUntil > now) {
      await record({ type: 'code.refused', ...about, detail: { why: 'locked' } })
      return otpLocked(account.codeTally.lockedUntil, now)
    }
    const challenge = await acts.challenges.spendAttempt({ id: pending.challengeId, correct, now })
    if (!challenge) {
      const refusal = challengeClosed(await acts.challenges.find(pending.challengeId), now)
      const why = closedBecause[refusal.code] ?? 'exhausted'
      await record({ type: 'code.refused', ...about, detail: { why } })
      return refusal
    }
    if (!correct) {
      await record({
        type: 'code.refused',
        ...about,
        detail: { why: 'wrong', attemptsLeft: challenge.attemptsLeft },
      })
      const lockedUntil = await chargeAccount(gate, acts, account, visit)
      if (!lockedUntil) return wrongCode(challenge.attemptsLeft)
      await record({ type: 'code.locked', ...about, detail: { until: new Date(lockedUntil).toISOString() } })
      return otpLocked(lockedUntil, now)
    }
    if (hasFailures(account.codeTally))
      await acts.accounts.keepCodeTally(account.id, clearedTally(account.codeTally))
    const session = await promote(gate, visit, acts, pending, sessionSecret)
    await record({ type: 'code.accepted', ...about, detail: { newSession: session.sessionId } })
    return session
  })
  if (outcome instanceof Problem) {
    if (outcome.code === 'otp_locked') gate.wakeMail()
    throw outcome
  }
  return { sessionSecret, session: outcome }
}

function otherLength(length: number): Problem {
  const message = `must have ${length} digits, with its leading zeros`
  return new Problem('invalid_request', { extra: { errors: [{ path: ['otp'], message }] } })
}

const closedBecause: Partial<Record<ProblemCode, 'expired' | 'consumed'>> = {
  otp_expired: 'expired',
  session_ended: 'consumed',
}

function wrongCode(attemptsLeft: number): Problem {
  const detail =
    attemptsLeft === 1 ? '1 try is left for this login.' : `${attemptsLeft} tries are left for this login.`
  return new Problem('otp_invalid', { detail, extra: { attemptsLeft } })
}

/** Counts a wrong code for the account. Gives the end of the lock that it brought, if it brought one. */
async function chargeAccount(
  gate: Gate,
  acts: Acts,
  account: AccountRecord,
  visit: Visit,
): Promise<number | undefined> {
  const now = gate.clock.now()
  const tally = chargeWrongCode(account.codeTally, gate.rules.codeBudget, now)
  await acts.accounts.keepCodeTally(account.id, tally)
  if (tally.lockedUntil <= now) return undefined
  await tellOwner(acts, {
    to: account.email,
    kind: 'code_locked',
    detail: { device: visit.device, lockedUntil: tally.lockedUntil },
    now,
    expiresAt: now + 86_400_000,
  })
  return tally.lockedUntil
}

/** The pending session ends and a verified one takes its place under a new id and handle (ASVS 7.2.4). */
async function promote(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  pending: Pending,
  sessionSecret: string,
): Promise<Verified> {
  const now = gate.clock.now()
  // Thrown, not returned: it undoes the consumption, so that a code is never spent without its session.
  if (!(await acts.sessions.end(pending.sessionId, 'replaced', now))) throw sessionEnded('logged_out')
  const session = {
    id: createId('ses'),
    secretHash: hashSecret(sessionSecret),
    accountId: pending.accountId,
    stage: 'verified' as const,
    challengeId: null,
    flowId: pending.flowId,
    amr: ['pwd', gate.emailOtp.amr],
    authTime: now,
    device: visit.device,
    address: visit.address,
    now,
    idleExpiresAt: now + gate.rules.sessionIdleTtlMs,
    expiresAt: now + gate.rules.sessionTtlMs,
  }
  await acts.sessions.open(session)
  return {
    stage: 'verified',
    sessionId: session.id,
    flowId: pending.flowId,
    accountId: pending.accountId,
    email: pending.email,
    amr: session.amr,
    authTime: now,
    expiresAt: Math.min(session.idleExpiresAt, session.expiresAt),
  }
}
