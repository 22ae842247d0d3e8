import { type DeviceView, listDevices } from './devices.ts'
import { decide, type Gate, sendNotice, type Visit } from './gate.ts'
import { sessionEnded } from './refusals.ts'
import { type Caller, endAll, listSessions, type SessionView } from './sessions.ts'

/** Everything that is stored about an account, for its owner. No secret is in it. Times are ISO 8601 in UTC. */
export type AccountExport = {
  account: { id: string; email: string; createdAt: string; language: string; claims: Record<string, unknown> }
  sessions: SessionView[]
  trustedDevices: DeviceView[]
  /** The newest first, at most a thousand. */
  activity: { at: string; type: string; device?: string; address?: string; detail: Record<string, unknown> }[]
}

export async function exportAccount(gate: Gate, caller: Caller): Promise<AccountExport | undefined> {
  const { accounts, audit } = gate.stores.read
  const account = await accounts.find(caller.accountId)
  if (!account) return undefined
  const { id, email, createdAt, language, claims } = account
  const entries = await audit.listOf(id, 1_000)
  return {
    account: {
      id,
      email,
      createdAt: new Date(createdAt).toISOString(),
      language,
      claims: JSON.parse(claims) as Record<string, unknown>,
    },
    sessions: await listSessions(gate, caller),
    trustedDevices: await listDevices(gate, caller),
    activity: entries.map(({ at, type, device, address, detail = {} }) => ({
      at: new Date(at).toISOString(),
      type,
      ...(device ? { device } : {}),
      ...(address ? { address } : {}),
      detail,
    })),
  }
}

/** Removes the caller's account with all that hangs on it. What happened stays in the audit trail, under an id that names nobody. */
export async function deleteOwnAccount(gate: Gate, visit: Visit, caller: Caller): Promise<void> {
  const { accountId, sessionId } = caller
  const outcome = await decide(gate, visit, async (acts, record) => {
    const account = await acts.accounts.hold(accountId)
    // Asked of the store now: a session that was ended meanwhile deletes nothing.
    const isAlive = await acts.sessions.end(sessionId, 'disabled', gate.clock.now())
    if (!account || !isAlive) return sessionEnded('revoked')
    await record({ type: 'session.ended', accountId, sessionId, detail: { because: 'disabled' } })
    await endAll(gate, acts, record, { accountId, exceptId: '', because: 'disabled' })
    const now = gate.clock.now()
    const before = await acts.mailedCodes.undoableFrom(accountId, now)
    await acts.accounts.remove(accountId, now)
    await record({ type: 'account.deleted', accountId, detail: {} })
    // Whoever moved it to another address may be who deletes it: the mailbox that it came from is told too.
    for (const email of new Set([account.email, ...before])) {
      const owner = { email, language: account.language }
      await sendNotice(acts, owner, { kind: 'account_deleted', detail: { usedAt: now }, now })
    }
    return undefined
  })
  if (outcome) throw outcome
  gate.wakeMail()
}
