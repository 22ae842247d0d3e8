import { Problem } from '../problems/problem.ts'
import type { ChallengePurpose, ChallengeRecord } from '../stores/challenges.ts'
import type { EndReason } from '../stores/session-record.ts'
import type { SessionState } from './session-state.ts'

/** Refusals that more than one step gives. */
export function invalidCredentials(): Problem {
  return new Problem('invalid_credentials')
}

export function otpLocked(lockedUntil: number, now: number): Problem {
  return new Problem('otp_locked', { retryAfterSeconds: secondsUntil(lockedUntil, now) })
}

export function sessionEnded(because: EndReason): Problem {
  return new Problem('session_ended', { extra: { reason: because } })
}

const endWords: Record<EndReason, string> = {
  logged_out: 'Somebody logged out',
  idle: 'It was not used for SESSION_IDLE_TTL and ended',
  absolute: 'It reached SESSION_TTL and ended',
  revoked: 'It was signed out',
  password_changed: 'It was signed out by a new password',
  replaced: 'It went on under another cookie, or another login took its place,',
  disabled: 'The account was disabled or deleted',
}

/** When and why, and from which device: the cookie of a session may know what became of it. */
function ended({ because, endedAt, endedFrom }: Extract<SessionState, { stage: 'ended' }>): Problem {
  const at = new Date(endedAt).toISOString()
  const from = endedFrom === null ? '' : `, from ${endedFrom}`
  const extra = { reason: because, endedAt: at, ...(endedFrom === null ? {} : { endedFrom }) }
  return new Problem('session_ended', { detail: `${endWords[because]} at ${at}${from}.`, extra })
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
export function notVerified(state: Exclude<SessionState, { stage: 'verified' }>): Problem {
  switch (state.stage) {
    case 'anonymous':
      return new Problem('session_missing')
    case 'otp_pending':
      return new Problem('otp_required')
    case 'ended':
      return ended(state)
  }
}

/** What a session is told that waits for no code, or for one of another step. */
export function notPending(state: SessionState): Problem {
  switch (state.stage) {
    case 'anonymous':
      return new Problem('session_missing')
    case 'otp_pending':
      return otherStep(state.purpose)
    case 'verified':
      return state.challenge === undefined
        ? new Problem('otp_not_pending', { cause: 'already_verified' })
        : otherStep(state.challenge.purpose)
    case 'ended':
      return ended(state)
  }
}

const stepOf: Record<ChallengePurpose, string> = {
  login: '/auth/verify-otp',
  registration: '/auth/verify-otp',
  step_up: '/auth/verify-otp',
  reset: '/auth/password/reset',
  email_change: '/auth/email/confirm',
}

function otherStep(purpose: ChallengePurpose): Problem {
  return new Problem('otp_not_pending', {
    cause: 'code_of_another_step',
    detail: 'The code that this session waits for was asked for by another step.',
    fix: `Send the code to POST ${stepOf[purpose]}, or log in.`,
  })
}

export function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1_000))
}
