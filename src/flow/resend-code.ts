import { Problem } from '../problems/problem.ts'
import type { ChallengePurpose, ChallengeRecord } from '../stores/challenges.ts'
import type { OutboxKind } from '../stores/outbox.ts'
import type { Acts } from '../stores/stores.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { mailByStranger, mailCode } from './open-challenge.ts'
import { type OtpView, otpView } from './otp-view.ts'
import { challengeClosed, otpLocked, secondsUntil, sessionEnded } from './refusals.ts'
import type { OpenChallenge } from './session-state.ts'

const kindOf: Record<ChallengePurpose, OutboxKind> = {
  login: 'login_code',
  registration: 'registration_code',
  reset: 'reset_code',
  step_up: 'step_up_code',
  email_change: 'email_change_code',
}

/** Sends the same code again. Neither its lifetime nor its tries are refilled (A-OTP-07). */
export async function resendCode(
  gate: Gate,
  visit: Visit,
  session: { sessionId: string; accountId: string | null; challenge: OpenChallenge },
): Promise<OtpView> {
  const now = gate.clock.now()
  const { sessionId, accountId } = session
  const outcome = await decide(gate, visit, async (acts, record) => {
    const account = accountId === null ? undefined : await acts.accounts.hold(accountId)
    if (accountId !== null && !account) return sessionEnded('disabled')
    if (account && account.codeTally.lockedUntil > now) return otpLocked(account.codeTally.lockedUntil, now)
    const notAfter = now - gate.rules.otpResendAfterMs
    const challenge = await acts.challenges.resend({ id: session.challenge.id, now, notAfter })
    if (!challenge) return whyNot(gate, await acts.challenges.find(session.challenge.id))
    const destination = challenge.email ?? account?.email ?? ''
    if (account && challenge.email === null) {
      const { id: challengeId, createdAt: askedAt, expiresAt } = challenge
      const kind = kindOf[challenge.purpose]
      await mailCode(gate, visit, acts, { account, kind, challengeId, askedAt, expiresAt })
    } else await mailAgain(gate, visit, acts, challenge)
    await record({ type: 'code.resent', accountId, sessionId, detail: {} })
    return otpView(gate, destination, challenge)
  })
  if (outcome instanceof Problem) throw outcome
  gate.wakeMail()
  return outcome
}

/** What had no code the first time has none now: for a taken or an unknown address nothing more is sent. */
async function mailAgain(gate: Gate, visit: Visit, acts: Acts, challenge: ChallengeRecord): Promise<void> {
  const { id: challengeId, email, purpose, details, createdAt: askedAt, expiresAt } = challenge
  const hasCode =
    purpose === 'reset'
      ? challenge.accountId !== null
      : details.passwordHash !== undefined || details.newEmail !== undefined
  const kind = hasCode ? kindOf[purpose] : undefined
  await mailByStranger(gate, visit, acts, { to: email ?? '', kind, challengeId, details, askedAt, expiresAt })
}

function whyNot(gate: Gate, challenge: ChallengeRecord | undefined): Problem {
  const now = gate.clock.now()
  const open =
    challenge && challenge.consumedAt === null && challenge.attemptsLeft > 0 && challenge.expiresAt > now
  if (!open) return challengeClosed(challenge, now)
  return new Problem('otp_resend_too_soon', {
    retryAfterSeconds: secondsUntil(challenge.sentAt + gate.rules.otpResendAfterMs, now),
  })
}
