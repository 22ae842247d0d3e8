import type { SessionState } from './session-state.ts'

/** What a client may know of its session. Times are ISO 8601 in UTC. */
export function describeSession(state: SessionState) {
  switch (state.stage) {
    case 'anonymous':
      return { stage: 'anonymous' }
    case 'ended':
      return {
        stage: 'anonymous',
        endedBecause: state.because,
        endedAt: new Date(state.endedAt).toISOString(),
        ...(state.endedFrom === null ? {} : { endedFrom: state.endedFrom }),
      }
    case 'otp_pending':
      return {
        stage: state.stage,
        sessionId: state.sessionId,
        expiresAt: new Date(state.expiresAt).toISOString(),
      }
    case 'verified':
      return {
        stage: state.stage,
        sessionId: state.sessionId,
        user: { id: state.accountId, email: state.email },
        expiresAt: new Date(state.expiresAt).toISOString(),
      }
  }
}
