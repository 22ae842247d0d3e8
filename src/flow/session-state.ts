import type { ChallengePurpose } from '../stores/challenges.ts'
import type { EndReason, SessionRecord } from '../stores/session-record.ts'

type Known = { sessionId: string; flowId: string; expiresAt: number }
type OfAccount = { accountId: string; email: string }

/** The code that a verified session waits for once more: a step-up, a new address. */
export type OpenChallenge = { id: string; purpose: ChallengePurpose }

/** Waits for its first code. No account stands behind a registration or a reset until that code is verified. */
export type Pending = Known & { stage: 'otp_pending'; challengeId: string } & (
    | (OfAccount & { purpose: 'login' })
    | { purpose: 'registration' | 'reset'; accountId: null; email: null }
  )
export type Verified = Known &
  OfAccount & {
    stage: 'verified'
    amr: string[]
    /** ms */
    authTime: number
    challenge: OpenChallenge | undefined
    /** The account's own claims, as JSON. */
    claims: string
  }
export type Ended = {
  stage: 'ended'
  sessionId: string
  flowId: string
  accountId: string | null
  because: EndReason
  /** ms */
  endedAt: number
  /** The device that ended it, where it was another one. */
  endedFrom: string | null
}

/** What a request's session is. Every guard asks this, and nothing else says "verified" (security.md D8). */
export type SessionState = { stage: 'anonymous' } | Pending | Verified | Ended

export function sessionState(record: SessionRecord | undefined, now: number): SessionState {
  if (!record) return { stage: 'anonymous' }
  const end = endOf(record, now)
  const { id: sessionId, flowId, accountId, email } = record
  if (end) return { stage: 'ended', sessionId, flowId, accountId, ...end }
  const known = { sessionId, flowId, expiresAt: Math.min(record.idleExpiresAt, record.expiresAt) }
  if (record.stage === 'verified' && accountId !== null && email !== null) {
    return { ...known, ...verifiedPart(record, { accountId, email }) }
  }
  return { ...known, ...pendingPart(record) }
}

function verifiedPart(record: SessionRecord, account: OfAccount) {
  const { amr, authTime, challengeId, challengePurpose: purpose, claims } = record
  const challenge = challengeId === null ? undefined : { id: challengeId, purpose }
  return { ...account, stage: 'verified' as const, amr, authTime, challenge, claims }
}

function pendingPart({ accountId, email, challengeId, challengePurpose: purpose }: SessionRecord) {
  const pending = { stage: 'otp_pending' as const, challengeId: challengeId as string }
  if (accountId !== null && email !== null) return { ...pending, purpose: 'login' as const, accountId, email }
  // Anything unknown opens least.
  const known = purpose === 'registration' ? purpose : ('reset' as const)
  return { ...pending, purpose: known, accountId: null, email: null }
}

/** How and when a session ended for its cookie, or `undefined` while it is alive. */
function endOf(
  record: SessionRecord,
  now: number,
): Pick<Ended, 'because' | 'endedAt' | 'endedFrom'> | undefined {
  const ended = (because: EndReason, endedAt: number, endedFrom: string | null = null) => ({
    because,
    endedAt,
    endedFrom,
  })
  if (record.endedAt !== null)
    return ended(record.endedBecause ?? 'revoked', record.endedAt, record.endedFrom)
  if (record.accountDisabledAt !== null) return ended('disabled', record.accountDisabledAt)
  if (record.expiresAt <= now) return ended('absolute', record.expiresAt)
  if (record.idleExpiresAt <= now) return ended('idle', record.idleExpiresAt)
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

/**
 * Whether sensitive acts may go ahead: a second factor, not the password alone, was verified within STEP_UP_TTL (ASVS 7.5.1).
 *
 * @param session times in ms
 */
export function isRecentlyVerified(
  session: { amr: string[]; authTime: number },
  now: number,
  stepUpTtlMs: number,
): boolean {
  // A clock that was set back makes nothing recent again; a minute is what two servers may differ (F-CLOCK-01).
  const isRecent = now - session.authTime <= stepUpTtlMs && session.authTime <= now + 60_000
  return isRecent && session.amr.some((method) => method !== 'pwd')
}
