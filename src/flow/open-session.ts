import type { NewSession } from '../stores/sessions.ts'
import type { Acts } from '../stores/stores.ts'
import { createId, hashSecret } from '../utils/secret.ts'
import type { Gate, RecordEvent, Visit } from './gate.ts'
import type { Pending, SessionState, Verified } from './session-state.ts'

/** A session that waits for its first code. */
export async function openPending(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  wanted: { sessionSecret: string; challengeId: string } & (
    | { purpose: 'login'; accountId: string; email: string }
    | { purpose: 'registration' | 'reset'; accountId: null; email: null }
  ),
): Promise<Pending> {
  const { sessionSecret, ...about } = wanted
  const now = gate.clock.now()
  // It outlives its code for as long again, so that its owner can be told that the code has expired.
  const expiresAt = now + 2 * gate.rules.otpTtlMs
  const sessionId = createId('ses')
  await acts.sessions.open({
    ...placeOf(visit, now),
    id: sessionId,
    secretHash: hashSecret(sessionSecret),
    accountId: about.accountId,
    stage: 'otp_pending',
    challengeId: about.challengeId,
    challengePurpose: about.purpose,
    flowId: visit.flowId,
    amr: about.purpose === 'login' ? ['pwd'] : [],
    authTime: now,
    idleExpiresAt: expiresAt,
    expiresAt,
  })
  return { ...about, stage: 'otp_pending', sessionId, flowId: visit.flowId, expiresAt }
}

/** A session whose every door is behind it. */
export async function openVerified(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  wanted: Pick<Verified, 'accountId' | 'email' | 'claims' | 'amr' | 'authTime' | 'flowId'> & {
    sessionSecret: string
    deviceId?: string
  },
): Promise<Verified> {
  const { sessionSecret, deviceId = null, ...about } = wanted
  const now = gate.clock.now()
  const sessionId = createId('ses')
  const idleExpiresAt = now + gate.rules.sessionIdleTtlMs
  const expiresAt = now + gate.rules.sessionTtlMs
  await acts.sessions.open({
    ...placeOf(visit, now),
    id: sessionId,
    secretHash: hashSecret(sessionSecret),
    accountId: about.accountId,
    stage: 'verified',
    challengeId: null,
    deviceId,
    flowId: about.flowId,
    amr: about.amr,
    authTime: about.authTime,
    idleExpiresAt,
    expiresAt,
  })
  return {
    ...about,
    stage: 'verified',
    sessionId,
    challenge: undefined,
    expiresAt: Math.min(idleExpiresAt, expiresAt),
  }
}

function placeOf({ device, address }: Visit, now: number): Pick<NewSession, 'device' | 'address' | 'now'> {
  return { device, address, now }
}

/**
 * Ends the session that the browser had, so that nothing of it is inherited (A-SESS-01). One that ran into its idle limit may
 * still have a refresh token that is good: it ends here too.
 */
export async function endReplaced(
  gate: Gate,
  acts: Acts,
  record: RecordEvent,
  before: SessionState,
): Promise<void> {
  if (before.stage === 'anonymous') return
  if (!(await acts.sessions.end(before.sessionId, 'replaced', gate.clock.now()))) return
  const { accountId, sessionId } = before
  await record({ type: 'session.ended', accountId, sessionId, detail: { because: 'replaced' } })
}
