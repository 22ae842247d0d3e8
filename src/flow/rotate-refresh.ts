import { Problem } from '../problems/problem.ts'
import type { SessionRecord } from '../stores/session-record.ts'
import type { Acts } from '../stores/stores.ts'
import { readClaims } from './account-claims.ts'
import { decide, type Gate, type RecordEvent, sendNotice, type Visit } from './gate.ts'
import { accessAnswer, refreshAnswer, type TokenAnswer } from './issue-token.ts'
import { isAliveForTokens } from './session-state.ts'

type Presented = { family: string; generation: number }
type Living = SessionRecord & { accountId: string; refresh: NonNullable<SessionRecord['refresh']> }

/**
 * A refresh token for its successor (RFC 9700 4.14.2). One statement makes the successor the live one. Whoever comes with the
 * predecessor within the grace time (a second tab, a lost reply, after a restart too) gets that same successor, so there are
 * never two chains; anything older ends the session and tells its owner.
 */
export async function rotateRefresh(gate: Gate, visit: Visit, refreshToken: string): Promise<TokenAnswer> {
  const presented = gate.refreshTokens.read(refreshToken)
  if (!presented) throw new Problem('refresh_invalid')
  const outcome = await decide(gate, visit, (acts, record) => rotate(gate, visit, acts, record, presented))
  if (outcome instanceof Problem) {
    if (outcome.code === 'refresh_reused') gate.wakeMail()
    throw outcome
  }
  const { accountId, id: sessionId, amr, authTime: authTimeMs, refresh } = outcome
  const claims = readClaims(outcome.claims)
  const issued = await gate.accessTokens.issue({ accountId, sessionId, amr, authTimeMs, claims })
  return { ...accessAnswer(issued), ...refreshAnswer(gate, refresh) }
}

async function rotate(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  presented: Presented,
): Promise<Living | Problem> {
  const now = gate.clock.now()
  const rotated = await acts.refreshFamilies.rotate({
    ...presented,
    now,
    expiresAt: now + gate.rules.refreshTtlMs,
  })
  const session = rotated ?? (await acts.refreshFamilies.find(presented.family))
  if (!isLiving(session, now)) return new Problem('refresh_invalid')
  const { refresh } = session
  const inGrace = isInGrace(refresh, now, gate.rules.refreshGraceMs)
  const repeated = !rotated && presented.generation === refresh.generation - 1 && inGrace
  if (!rotated && !repeated) return endReused(gate, visit, acts, record, session, presented)
  await record({
    type: rotated ? 'refresh.rotated' : 'refresh.repeated',
    accountId: session.accountId,
    sessionId: session.id,
    flowId: session.flowId,
    detail: { generation: refresh.generation },
  })
  return session
}

/** Whether the predecessor of the live token still gets that one, as a client that lost the answer does. Times in ms. */
export function isInGrace({ rotatedAt }: { rotatedAt: number }, now: number, graceMs: number): boolean {
  // A clock that was set back must not lengthen the grace; a minute is what two servers may differ (F-CLOCK-01, F-CLOCK-02).
  return now >= rotatedAt - 60_000 && now <= rotatedAt + graceMs
}

function isLiving(session: SessionRecord | undefined, now: number): session is Living {
  return (
    !!session?.refresh &&
    session.accountId !== null &&
    session.refresh.expiresAt > now &&
    isAliveForTokens(session, now)
  )
}

async function endReused(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  session: Living,
  presented: Presented,
): Promise<Problem> {
  const now = gate.clock.now()
  const about = { accountId: session.accountId, sessionId: session.id, flowId: session.flowId }
  await acts.sessions.end(session.id, 'revoked', now)
  await record({
    type: 'refresh.reused',
    ...about,
    detail: { generation: presented.generation, live: session.refresh.generation },
  })
  await record({ type: 'session.ended', ...about, detail: { because: 'revoked' } })
  const owner = await acts.accounts.find(session.accountId)
  const detail = { device: visit.device, usedAt: now }
  if (owner) await sendNotice(acts, owner, { kind: 'refresh_reused', detail, now })
  return new Problem('refresh_reused')
}
