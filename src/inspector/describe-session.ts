import { isLongCode } from '../flow/code-of-challenge.ts'
import type { Gate } from '../flow/gate.ts'
import { sessionState } from '../flow/session-state.ts'
import type { SessionRecord } from '../stores/session-record.ts'
import type { Stores } from '../stores/stores.ts'
import type { CodeView, SessionView } from './wire.ts'

export function describeSession(record: SessionRecord | undefined, now: number): SessionView | null {
  if (!record) return null
  const state = sessionState(record, now)
  return {
    id: record.id,
    stage: state.stage,
    userId: record.accountId,
    challenge: record.challengeId && `${record.challengeId} (${record.challengePurpose})`,
    createdAt: isoTime(record.createdAt),
    idleUntil: isoTime(record.idleExpiresAt),
    endsAt: isoTime(record.expiresAt),
    amr: record.amr.join(' '),
    endedBecause: state.stage === 'ended' ? state.because : null,
  }
}

/** The code of a challenge as it is now: without the code. */
export async function describeCode(
  stores: Pick<Stores, 'read'>,
  gate: Pick<Gate, 'clock' | 'rules'>,
  challengeId: string,
): Promise<CodeView | undefined> {
  const challenge = await stores.read.challenges.find(challengeId)
  if (!challenge) return undefined
  const { consumedAt, attemptsLeft, expiresAt, sentAt, purpose } = challenge
  const isExpired = expiresAt <= gate.clock.now()
  const open = attemptsLeft <= 0 ? 'exhausted' : isExpired ? 'expired' : 'sent'
  return {
    handle: `code:${challengeId}`,
    purpose,
    state: consumedAt === null ? open : 'used',
    attemptsLeft,
    sentAt: isoTime(sentAt),
    expiresAt: isoTime(expiresAt),
    resendAt: isoTime(sentAt + gate.rules.otpResendAfterMs),
  }
}

/** The code itself, for whoever has clicked for it. */
export async function revealCode(
  stores: Pick<Stores, 'read'>,
  gate: Pick<Gate, 'emailOtp' | 'mailedCodes'>,
  challengeId: string,
): Promise<string | undefined> {
  const challenge = await stores.read.challenges.find(challengeId)
  if (!challenge) return undefined
  return (isLongCode(challenge.details) ? gate.mailedCodes : gate.emailOtp).codeOf(challengeId)
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
