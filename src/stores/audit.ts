import { createHmac } from 'node:crypto'
import { createId } from '../utils/secret.ts'
import type { Row, Run } from './database.ts'

/** Who did what, when and from where (ASVS 16.2.1). `detail` never holds a secret. */
export type AuditEntry = {
  type: string
  at: number
  flowId?: string | undefined
  accountId?: string | undefined
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
        [...columns, sign(keys[0], JSON.stringify(columns))],
      )
      await run('insert into audit_pending (event_id) values (?1)', [id])
    },

    async hasPending(): Promise<boolean> {
      return (await run('select 1 as one from audit_pending limit 1')).length > 0
    },

    /** Chains the entries that are not sealed yet, one process at a time. Gives how many it sealed. */
    async seal(limit: number): Promise<number> {
      const head = readHead(await run(`select value from singletons where name = 'audit_chain' for update`))
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
      if (pending.length > 0) await writeHead(run, head)
      return pending.length
    },

    /** Drops sealed entries from before a time, oldest first, and remembers where the chain now begins. */
    async purge(before: number, limit: number): Promise<number> {
      const head = readHead(await run(`select value from singletons where name = 'audit_chain' for update`))
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
      await writeHead(run, {
        ...head,
        startsAfter: { position: last.position as number, hash: last.hash as string },
      })
      return old.length
    },

    /** Walks the chain. What it finds wrong is a changed, forged, removed or reordered entry (A-AUD-01). */
    async verify(): Promise<AuditReport> {
      const head = readHead(await run(`select value from singletons where name = 'audit_chain'`))
      const faults: string[] = []
      const start = head.startsAfter
      let previous = { position: start.position, hash: start.hash }
      for (;;) {
        const rows = await run(
          `select s.position, s.hash, s.event_id as sealed_id, e.* from audit_seals s
           left join audit_events e on e.id = s.event_id where s.position > ?1 order by s.position limit 1000`,
          [previous.position],
        )
        if (rows.length === 0) break
        for (const row of rows) {
          checkSealed(keys, row, previous, faults)
          previous = { position: row.position as number, hash: row.hash as string }
        }
      }
      if (previous.position !== head.position || previous.hash !== head.hash) {
        faults.push(
          `the chain ends at ${previous.position}, but ${head.position} entries were sealed: the last ones are missing`,
        )
      }
      faults.push(...(await checkUnsealed(run, keys)))
      return {
        sealed: previous.position - start.position,
        head: { position: head.position, hash: head.hash },
        faults,
      }
    },
  }
}

export type AuditReport = {
  sealed: number
  /** Keep a copy elsewhere: a chain cut back to an older state is found by comparing it. */
  head: { position: number; hash: string }
  faults: string[]
}

type Head = { position: number; hash: string; startsAfter: { position: number; hash: string } }

function readHead(rows: Row[]): Head {
  const empty = { position: 0, hash: '' }
  return {
    ...empty,
    startsAfter: empty,
    ...(JSON.parse((rows[0]?.value as string) ?? '{}') as Partial<Head>),
  }
}

async function writeHead(run: Run, head: Head): Promise<void> {
  await run(`update singletons set value = ?1 where name = 'audit_chain'`, [JSON.stringify(head)])
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

function chain(key: Buffer, head: { position: number; hash: string }, mac: string): string {
  return sign(key, `${head.position}|${head.hash}|${mac}`)
}

function isSigned(keys: Buffer[], row: Row): boolean {
  const columns = [
    row.id,
    row.at,
    row.type,
    row.flow_id,
    row.account_id,
    row.session_id,
    row.device,
    row.address,
    row.detail,
  ]
  const text = JSON.stringify(columns)
  return keys.some((key) => sign(key, text) === row.mac)
}

function checkSealed(
  keys: Buffer[],
  row: Row,
  previous: { position: number; hash: string },
  faults: string[],
): void {
  const position = previous.position + 1
  if (row.position !== position) faults.push(`entry ${position} is missing`)
  if (row.id === null) return void faults.push(`entry ${row.position} (${row.sealed_id}) was removed`)
  if (!isSigned(keys, row)) faults.push(`entry ${row.position} (${row.id}) was changed or forged`)
  const fits = keys.some(
    (key) => chain(key, { position, hash: previous.hash }, row.mac as string) === row.hash,
  )
  if (!fits) faults.push(`entry ${row.position} (${row.id}) does not follow the one before it`)
}

async function checkUnsealed(run: Run, keys: Buffer[]): Promise<string[]> {
  const rows = await run(
    `select e.* from audit_pending p join audit_events e on e.id = p.event_id order by e.seq`,
  )
  return rows
    .filter((row) => !isSigned(keys, row))
    .map((row) => `entry ${row.id} (not sealed yet) was changed or forged`)
}
