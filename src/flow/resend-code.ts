import { Problem } from '../problems/problem.ts'
import { decide, type Gate, tellOwner, type Visit } from './gate.ts'
import { type OtpView, otpView } from './otp-view.ts'
import { challengeClosed, otpLocked, secondsUntil } from './refusals.ts'
import type { Pending } from './session-state.ts'

/** Sends the same code again. Neither its lifetime nor its tries are refilled (A-OTP-07). */
export async function resendCode(gate: Gate, visit: Visit, session: Pending): Promise<OtpView> {
  const now = gate.clock.now()
  const outcome = await decide(gate, visit, async (acts, record) => {
    const account = await acts.accounts.hold(session.accountId)
    if (!account) return new Problem('session_ended', { extra: { reason: 'disabled' } })
    if (account.codeTally.lockedUntil > now) return otpLocked(account.codeTally.lockedUntil, now)
    const notAfter = now - gate.rules.otpResendAfterMs
    const challenge = await acts.challenges.resend({ id: session.challengeId, now, notAfter })
    if (!challenge) return whyNot(await acts.challenges.find(session.challengeId))
    await tellOwner(acts, {
      to: account.email,
      kind: 'login_code',
      challengeId: challenge.id,
      detail: { device: visit.device, askedAt: challenge.createdAt },
      now,
      expiresAt: challenge.expiresAt,
    })
    await record({ type: 'code.resent', accountId: account.id, sessionId: session.sessionId, detail: {} })
    return otpView(gate, account.email, challenge)
  })
  if (outcome instanceof Problem) throw outcome
  gate.wakeMail()
  return outcome

  function whyNot(challenge: Parameters<typeof challengeClosed>[0]): Problem {
    const open =
      challenge && challenge.consumedAt === null && challenge.attemptsLeft > 0 && challenge.expiresAt > now
    if (!open) return challengeClosed(challenge, now)
    return new Problem('otp_resend_too_soon', {
      retryAfterSeconds: secondsUntil(challenge.sentAt + gate.rules.otpResendAfterMs, now),
    })
  }
}
