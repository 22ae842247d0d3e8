import type { ProblemCode } from '../problems/catalogue.ts'
import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { ChallengePurpose, ChallengeRecord } from '../stores/challenges.ts'
import type { Acts } from '../stores/stores.ts'
import {
  type CodeBudget,
  type CodeTally,
  chargeWrongCode,
  clearedTally,
  hasFailures,
} from '../utils/code-budget.ts'
import { isLongCode, longCodeLength } from './code-of-challenge.ts'
import { type Gate, type RecordEvent, sendNotice, type Visit } from './gate.ts'
import { challengeClosed, otpLocked } from './refusals.ts'

/** Where the tries of a code are counted beyond its login. */
export type CodeAccount = {
  tally: CodeTally
  budget: CodeBudget
  keep(tally: CodeTally): Promise<void>
  /** Who is told of a lock. */
  owner: Pick<AccountRecord, 'email' | 'language'>
  /** The address has no account: the mail is made and not sent, so that it costs as much. */
  isForNobody: boolean
}

export type CodeTry = {
  challengeId: string
  purpose: ChallengePurpose
  correct: boolean
  about: { accountId: string | null; sessionId: string }
}

/** Codes that only somebody with the password can ask for are counted in the account. */
export function countedInAccount(gate: Gate, acts: Acts, account: AccountRecord): CodeAccount {
  return {
    tally: account.codeTally,
    budget: gate.rules.codeBudget,
    keep: (tally) => acts.accounts.keepCodeTally(account.id, tally),
    owner: account,
    isForNobody: false,
  }
}

/**
 * Codes that anybody can ask for are counted in the address, so that a stranger can't use up the account's own (D5). Long ones are
 * not counted: nobody guesses them.
 */
export async function countedInAddress(
  gate: Gate,
  acts: Acts,
  { email, details }: ChallengeRecord & { email: string },
  owner: AccountRecord | undefined,
): Promise<CodeAccount | undefined> {
  const now = gate.clock.now()
  const { codes } = await acts.addressBudgets.hold(email, now)
  if (isLongCode(details)) return undefined
  return {
    tally: codes,
    budget: gate.rules.addressCodeBudget,
    keep: (tally) => acts.addressBudgets.keepCodes(email, tally, now),
    owner: owner ?? { email, language: 'en' },
    isForNobody: owner === undefined,
  }
}

/**
 * Charges one try and consumes the challenge if the code was right, within the transaction of what the code is for: either all
 * of it happened or nothing (F-STORE-03). A Problem is returned, not thrown, so that a wrong code stays charged whatever
 * becomes of the reply (D3).
 */
export async function spendCode(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  attempt: CodeTry,
  counted: CodeAccount | undefined,
): Promise<ChallengeRecord | Problem> {
  const now = gate.clock.now()
  const { challengeId: id, purpose, correct, about } = attempt
  if (counted && counted.tally.lockedUntil > now) {
    await record({ type: 'code.refused', ...about, detail: { why: 'locked' } })
    return otpLocked(counted.tally.lockedUntil, now)
  }
  const challenge = await acts.challenges.spendAttempt({ id, purpose, correct, now })
  if (!challenge) {
    const refusal = challengeClosed(await acts.challenges.find(id), now)
    await record({
      type: 'code.refused',
      ...about,
      detail: { why: closedBecause[refusal.code] ?? 'exhausted' },
    })
    return refusal
  }
  if (!correct) return chargeWrong(gate, visit, acts, record, { about, challenge, counted })
  if (counted && hasFailures(counted.tally)) await counted.keep(clearedTally(counted.tally))
  return challenge
}

const closedBecause: Partial<Record<ProblemCode, 'expired' | 'consumed'>> = {
  otp_expired: 'expired',
  session_ended: 'consumed',
}

async function chargeWrong(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  failed: { about: CodeTry['about']; challenge: ChallengeRecord; counted: CodeAccount | undefined },
): Promise<Problem> {
  const { about, counted } = failed
  const { attemptsLeft } = failed.challenge
  const now = gate.clock.now()
  await record({ type: 'code.refused', ...about, detail: { why: 'wrong', attemptsLeft } })
  if (!counted) return wrongCode(attemptsLeft)
  const tally = chargeWrongCode(counted.tally, counted.budget, now)
  await counted.keep(tally)
  const { lockedUntil } = tally
  if (lockedUntil <= now) return wrongCode(attemptsLeft)
  await record({ type: 'code.locked', ...about, detail: { until: new Date(lockedUntil).toISOString() } })
  const { owner, isForNobody } = counted
  const detail = { device: visit.device, lockedUntil }
  await sendNotice(acts, owner, { kind: 'code_locked', detail, now, isForNobody })
  return otpLocked(lockedUntil, now)
}

function wrongCode(attemptsLeft: number): Problem {
  const detail =
    attemptsLeft === 1 ? '1 try is left for this login.' : `${attemptsLeft} tries are left for this login.`
  return new Problem('otp_invalid', { detail, extra: { attemptsLeft } })
}

/** A challenge of a code that anybody can ask for. */
export function hasAddress(
  challenge: ChallengeRecord | undefined,
): challenge is ChallengeRecord & { email: string } {
  return typeof challenge?.email === 'string'
}

/** No code at all, so nothing is compared and nothing charged: a zero that got lost costs no try (A-OTP-08). */
export function refuseOtherLength(gate: Gate, code: string, details: Record<string, string> = {}): void {
  const { length } = gate.emailOtp
  if (isLongCode(details)) {
    if (gate.mailedCodes.hashOf(code)) return
    const message = `must be the whole code of the newest mail, ${longCodeLength} letters and digits`
    throw new Problem('invalid_request', { extra: { errors: [{ path: ['otp'], message }] } })
  }
  if (code.length === length) return
  const message = `must have ${length} digits, with its leading zeros`
  throw new Problem('invalid_request', { extra: { errors: [{ path: ['otp'], message }] } })
}
