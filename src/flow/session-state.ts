import type { EndReason, SessionRecord } from '../stores/session-record.ts'

type Known = { sessionId: string; flowId: string; accountId: string; email: string; expiresAt: number }

export type Pending = Known & { stage: 'otp_pending'; challengeId: string }
export type Verified = Known & { stage: 'verified'; amr: string[] /** ms */; authTime: number }
export type Ended = {
  stage: 'ended'
  sessionId: string
  flowId: string
  accountId: string
  because: EndReason
  endedAt: number
}

/** What a request's session is. Every guard asks this, and nothing else says "verified" (security.md D8). */
export type SessionState = { stage: 'anonymous' } | Pending | Verified | Ended

export function sessionState(record: SessionRecord | undefined, now: number): SessionState {
  if (!record) return { stage: 'anonymous' }
  const end = endOf(record, now)
  const { id: sessionId, flowId, accountId } = record
  if (end) return { stage: 'ended', sessionId, flowId, accountId, ...end }
  const known = {
    sessionId,
    flowId,
    accountId,
    email: record.email,
    expiresAt: Math.min(record.idleExpiresAt, record.expiresAt),
  }
  if (record.stage === 'verified') {
    return { ...known, stage: 'verified', amr: record.amr, authTime: record.authTime }
  }
  return { ...known, stage: 'otp_pending', challengeId: record.challengeId as string }
}

/** How and when a session ended for its cookie, or `undefined` while it is alive. */
function endOf(record: SessionRecord, now: number): { because: EndReason; endedAt: number } | undefined {
  if (record.endedAt !== null) return { because: record.endedBecause ?? 'revoked', endedAt: record.endedAt }
  if (record.accountDisabledAt !== null) return { because: 'disabled', endedAt: record.accountDisabledAt }
  if (record.expiresAt <= now) return { because: 'absolute', endedAt: record.expiresAt }
  if (record.idleExpiresAt <= now) return { because: 'idle', endedAt: record.idleExpiresAt }
  return undefined
}

/**
 * Whether tokens of a session are still good. A session that granted a refresh token outlives the idle limit of its cookie,
 * for as long as that refresh token lives: a phone app that is opened once a week keeps its login.
 */
export function isAliveForTokens(record: SessionRecord, now: number): boolean {
  const end = endOf(record, now)
  return !end || (end.because === 'idle' && record.refresh !== null && record.refresh.expiresAt > now)
}
