import { notPending, notVerified } from '../flow/refusals.ts'
import {
  isRecentlyVerified,
  type OpenChallenge,
  type Pending,
  type SessionState,
  type Verified,
} from '../flow/session-state.ts'
import type { Verifiable } from '../flow/verify-otp.ts'
import { Problem } from '../problems/problem.ts'
import type { Guard } from './auth.middleware.ts'

/** The guards that look at the session and at what it waits for. */
export const requireVerifiedSession: Guard<Verified> = {
  name: 'requireVerifiedSession',
  reads: 'session',
  admit({ session }) {
    if (session.stage !== 'verified') throw notVerified(session)
    return session
  },
}

/** A session that waits for a code of /auth/verify-otp: a login, a registration, a step-up. */
export const requirePendingSession: Guard<Verifiable> = {
  name: 'requirePendingSession',
  reads: 'session',
  admit({ session }) {
    if (session.stage === 'otp_pending' && session.purpose !== 'reset') return session
    if (isAwaiting(session, 'step_up')) return session
    throw notPending(session)
  },
}

/** The session of a forgot call. */
export const requireResetSession: Guard<Pending> = {
  name: 'requireResetSession',
  reads: 'session',
  admit({ session }) {
    if (session.stage === 'otp_pending' && session.purpose === 'reset') return session
    throw notPending(session)
  },
}

/** Any session that waits for a code, whatever for. */
export const requireOpenChallenge: Guard<Awaiting> = {
  name: 'requireOpenChallenge',
  reads: 'session',
  admit({ session }) {
    if (session.stage === 'otp_pending') {
      const { sessionId, accountId, challengeId: id, purpose } = session
      return { sessionId, accountId, challenge: { id, purpose } }
    }
    if (session.stage !== 'verified' || !session.challenge) throw notPending(session)
    const { sessionId, accountId, challenge } = session
    return { sessionId, accountId, challenge }
  },
}

export type Awaiting = { sessionId: string; accountId: string | null; challenge: OpenChallenge }

/** A verified session that waits for the code of its new address. */
export const requireEmailChange: Guard<Verified & { challenge: OpenChallenge }> = {
  name: 'requireEmailChange',
  reads: 'session',
  admit({ session }) {
    if (session.stage !== 'verified') throw notVerified(session)
    if (!isAwaiting(session, 'email_change')) throw notPending(session)
    return session
  },
}

function isAwaiting(
  session: SessionState,
  purpose: OpenChallenge['purpose'],
): session is Verified & { challenge: OpenChallenge } {
  return session.stage === 'verified' && session.challenge?.purpose === purpose
}

/** A verified session whose last code is not older than STEP_UP_TTL: for what can't be undone (ASVS 7.5.1, 7.5.3). */
export const requireRecentVerification: Guard<Verified> = {
  name: 'requireRecentVerification',
  reads: 'session',
  admit(exchange) {
    const session = requireVerifiedSession.admit(exchange) as Verified
    const { clock, rules } = exchange.web.gate
    if (isRecentlyVerified(session, clock.now(), rules.stepUpTtlMs)) return session
    throw new Problem('reauth_required')
  },
}
