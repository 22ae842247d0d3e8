import { Problem } from '../problems/problem.ts'
import type { ChallengeRecord } from '../stores/challenges.ts'
import type { SessionState } from './session-state.ts'

/** Refusals that more than one step gives. */
export function otpLocked(lockedUntil: number, now: number): Problem {
  return new Problem('otp_locked', { retryAfterSeconds: secondsUntil(lockedUntil, now) })
}

function sessionMissing(cause: string | undefined): Problem {
  return new Problem('session_missing', cause === undefined ? {} : { cause })
}

export function sessionEnded(because: string): Problem {
  return new Problem('session_ended', { extra: { reason: because } })
}

/** Why a challenge has no try left to charge. */
export function challengeClosed(challenge: ChallengeRecord | undefined, now: number): Problem {
  // Whoever consumed it went on under a new session id: this session has ended with it.
  if (!challenge || challenge.consumedAt !== null) return sessionEnded('replaced')
  // Also where the clock was set back behind its beginning.
  if (challenge.expiresAt <= now || challenge.createdAt > now) return new Problem('otp_expired')
  return new Problem('otp_attempts_exhausted', { extra: { attemptsLeft: 0 } })
}

/** What a session in another stage is told when a step needs a verified one. */
export function notVerified(
  state: Exclude<SessionState, { stage: 'verified' }>,
  missingBecause?: string,
): Problem {
  switch (state.stage) {
    case 'anonymous':
      return sessionMissing(missingBecause)
    case 'otp_pending':
      return new Problem('otp_required')
    case 'ended':
      return sessionEnded(state.because)
  }
}

/** What a session in another stage is told when a step needs one that waits for a code. */
export function notPending(
  state: Exclude<SessionState, { stage: 'otp_pending' }>,
  missingBecause?: string,
): Problem {
  switch (state.stage) {
    case 'anonymous':
      return sessionMissing(missingBecause)
    case 'verified':
      return new Problem('otp_not_pending', { cause: 'already_verified' })
    case 'ended':
      return sessionEnded(state.because)
  }
}

export function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1_000))
}
