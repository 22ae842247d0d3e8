import { Problem } from '../problems/problem.ts'
import type { EndReason, SessionRecord } from '../stores/session-record.ts'
import type { Acts } from '../stores/stores.ts'
import { decide, type Gate, type RecordEvent, type Visit } from './gate.ts'

/** Somebody whose session or access token was checked. */
export type Caller = { accountId: string; sessionId: string }

/** Ends the session, and with it its refresh family and every token of it. Done twice, it is done. */
export async function logOut(
  gate: Gate,
  visit: Partial<Visit>,
  caller: { accountId: string | null; sessionId: string },
): Promise<void> {
  await decide(gate, visit, async (acts, record) => {
    if (await acts.sessions.end(caller.sessionId, 'logged_out', gate.clock.now())) {
      await record({ type: 'session.ended', ...caller, detail: { because: 'logged_out' } })
    }
  })
}

/** Ends one session of the caller's account; another account's is as unknown as one that never was (A-SESS-08). */
export async function endSession(gate: Gate, visit: Visit, caller: Caller, sessionId: string): Promise<void> {
  const ended = await decide(gate, visit, async (acts, record) => {
    const now = gate.clock.now()
    const ids = await acts.sessions.endOneOf(caller.accountId, sessionId, 'revoked', now, visit.device)
    return recordEnds(record, caller.accountId, ids, 'revoked')
  })
  if (ended === 0) throw new Problem('not_found', { detail: 'You have no session with this id.' })
}

export async function endOtherSessions(gate: Gate, visit: Visit, caller: Caller): Promise<void> {
  await decide(gate, visit, async (acts, record) => {
    await endAll(gate, acts, record, {
      accountId: caller.accountId,
      exceptId: caller.sessionId,
      because: 'revoked',
      from: visit.device,
    })
  })
}

/** Which sessions of an account end: all but one ('' for all). `from` is the device that ends them. */
export type Ending = { accountId: string; exceptId: string; because: EndReason; from?: string }

export async function endAll(
  gate: Pick<Gate, 'clock'>,
  acts: Acts,
  record: RecordEvent,
  which: Ending,
): Promise<void> {
  const { accountId, exceptId, because, from } = which
  const ids = await acts.sessions.endAllOf(accountId, exceptId, because, gate.clock.now(), from)
  await recordEnds(record, accountId, ids, because)
}

export async function recordEnds(
  record: RecordEvent,
  accountId: string,
  ids: string[],
  because: EndReason,
): Promise<number> {
  for (const sessionId of ids)
    await record({ type: 'session.ended', accountId, sessionId, detail: { because } })
  return ids.length
}

/** One line of the session list. Times are ISO 8601 in UTC. */
export type SessionView = {
  id: string
  device: string
  address: string
  createdAt: string
  lastSeenAt: string
  expiresAt: string
  current: boolean
}

export async function listSessions(gate: Gate, caller: Caller): Promise<SessionView[]> {
  const sessions = await gate.stores.read.sessions.listOf(caller.accountId, gate.clock.now())
  return sessions.map((session) => toView(session, caller.sessionId))
}

function toView(session: SessionRecord, currentId: string): SessionView {
  return {
    id: session.id,
    device: session.device,
    address: session.address,
    createdAt: new Date(session.createdAt).toISOString(),
    lastSeenAt: new Date(session.lastSeenAt).toISOString(),
    expiresAt: new Date(session.expiresAt).toISOString(),
    current: session.id === currentId,
  }
}
