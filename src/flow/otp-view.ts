import type { ChallengeRecord } from '../stores/challenges.ts'
import { maskEmail } from '../utils/email.ts'
import { isLongCode, longCodeLength } from './code-of-challenge.ts'
import type { Gate } from './gate.ts'

/** What a client may know of a code that is on its way. Times in seconds from now. */
export type OtpView = {
  channel: 'email'
  destination: string
  length: number
  expiresIn: number
  resendIn: number
  attemptsLeft: number
}

export function otpView(
  gate: Gate,
  email: string,
  challenge: Pick<ChallengeRecord, 'expiresAt' | 'sentAt' | 'attemptsLeft' | 'details'>,
): OtpView {
  const now = gate.clock.now()
  const secondsUntil = (time: number) => Math.max(0, Math.ceil((time - now) / 1_000))
  return {
    channel: 'email',
    destination: maskEmail(email),
    length: isLongCode(challenge.details) ? longCodeLength : gate.emailOtp.length,
    expiresIn: secondsUntil(challenge.expiresAt),
    resendIn: secondsUntil(challenge.sentAt + gate.rules.otpResendAfterMs),
    attemptsLeft: challenge.attemptsLeft,
  }
}
