import { createId } from '../utils/secret.ts'
import { chain, holdHead, signEntry, verifyTrail, writeHead } from './audit-chain.ts'
import type { Row, Run } from './database.ts'

/** Who did what, when and from where (ASVS 16.2.1). `detail` never holds a secret. */
export type AuditEntry = {
  type: string
  at: number
  flowId?: string | undefined
  accountId?: string | null | undefined
  sessionId?: string | undefined
  device?: string | undefined
  address?: string | undefined
  detail?: Record<string, unknown> | undefined
}

export type Audit = ReturnType<typeof auditOver>

/** @param keys the first signs, all verify */
export function auditOver(run: Run, keys: [Buffer, ...Buffer[]]) {
  return {
    /** Part of the act that it tells of. Each entry is signed at once, so a forged one is never sealed into the chain. */
    async append(entry: AuditEntry): Promise<void> {
      const id = createId('evt')
      const columns = [
        id,
        entry.at,
        entry.type,
        entry.flowId ?? null,
        entry.accountId ?? null,
        entry.sessionId ?? null,
        entry.device ?? null,
        entry.address ?? null,
        JSON.stringify(entry.detail ?? {}),
      ]
      await run(
        `insert into audit_events (id, at, type, flow_id, account_id, session_id, device, address, detail, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
        [...columns, signEntry(keys[0], columns)],
      )
      await run('insert into audit_pending (event_id) values (?1)', [id])
    },

    /** What happened to an account, newest first. */
    async listOf(accountId: string, limit: number): Promise<AuditEntry[]> {
      const rows = await run(
        `select at, type, flow_id, session_id, device, address, detail from audit_events
         where account_id = ?1 order by seq desc limit ?2`,
        [accountId, limit],
      )
      return rows.map((row) => toEntry(row, accountId))
    },

    /** What happened on one way through the gate, in order. */
    async ofFlow(flowId: string, limit: number): Promise<AuditEntry[]> {
      const rows = await run(
        `select at, type, flow_id, account_id, session_id, device, address, detail from audit_events
         where flow_id = ?1 order by seq limit ?2`,
        [flowId, limit],
      )
      return rows.map((row) => toEntry(row, row.account_id as string | null))
    },

    async hasPending(): Promise<boolean> {
      return (await run('select 1 as one from audit_pending limit 1')).length > 0
    },

    /** Chains the entries that are not sealed yet, one process at a time. Gives how many it sealed. */
    async seal(limit: number): Promise<number> {
      const head = await holdHead(run, keys)
      const pending = await run(
        `select e.id, e.mac from audit_pending p join audit_events e on e.id = p.event_id order by e.seq limit ?1`,
        [limit],
      )
      for (const entry of pending) {
        head.position += 1
        head.hash = chain(keys[0], head, entry.mac as string)
        await run('insert into audit_seals (position, event_id, hash) values (?1, ?2, ?3)', [
          head.position,
          entry.id as string,
          head.hash,
        ])
        await run('delete from audit_pending where event_id = ?1', [entry.id as string])
      }
      if (pending.length > 0) await writeHead(run, keys[0], head)
      return pending.length
    },

    /** Drops sealed entries from before a time, oldest first, and remembers where the chain now begins. */
    async purge(before: number, limit: number): Promise<number> {
      const head = await holdHead(run, keys)
      const rows = await run(
        `select s.position, s.hash, s.event_id, e.at from audit_seals s join audit_events e on e.id = s.event_id
         order by s.position limit ?1`,
        [limit],
      )
      const young = rows.findIndex((row) => (row.at as number) >= before)
      const old = young === -1 ? rows : rows.slice(0, young)
      const last = old.at(-1)
      if (!last) return 0
      await run(
        'delete from audit_events where id in (select event_id from audit_seals where position <= ?1)',
        [last.position as number],
      )
      await run('delete from audit_seals where position <= ?1', [last.position as number])
      await writeHead(run, keys[0], {
        ...head,
        startsAfter: { position: last.position as number, hash: last.hash as string },
      })
      return old.length
    },

    /** Walks the trail and names every entry that was changed, forged, removed or moved (A-AUD-01). */
    verify: () => verifyTrail(run, keys),
  }
}

function toEntry(row: Row, accountId: string | null): AuditEntry {
  return {
    at: row.at as number,
    type: row.type as string,
    flowId: (row.flow_id as string | null) ?? undefined,
    accountId,
    sessionId: (row.session_id as string | null) ?? undefined,
    device: (row.device as string | null) ?? undefined,
    address: (row.address as string | null) ?? undefined,
    detail: JSON.parse(row.detail as string) as Record<string, unknown>,
  }
}
