import { hmac } from '../utils/secret.ts'
import type { Row, Run, Value } from './database.ts'

/**
 * How the audit trail shows that it was touched. Each entry carries a MAC from its own transaction, so that a forged one is
 * known; a seal chains it to the one before it; the head, with a MAC too, says where the chain begins and ends. The key is
 * derived from SESSION_SECRET: whoever can only write to the store can forge none of them. What remains is putting back a whole
 * older state of all three; that is found by comparing the head with a copy kept elsewhere.
 */
export type Link = { position: number; hash: string }
export type Head = Link & { /** The last entry that was removed because of its age. */ startsAfter: Link }

export type AuditReport = { sealed: number; head: Link; faults: string[] }

export function signEntry(key: Buffer, columns: Value[]): string {
  return sign(key, JSON.stringify(columns))
}

export function chain(key: Buffer, link: Link, mac: string): string {
  return sign(key, `${link.position}|${link.hash}|${mac}`)
}

/** Reads the head and keeps other processes from moving it. A head that was changed is not built upon. */
export async function holdHead(run: Run, keys: Buffer[]): Promise<Head> {
  const { head, isGood } = await readHead(run, keys, ' for update')
  if (!isGood)
    throw new Error(
      'The head of the audit chain was changed outside Sallyport: run `sallyport audit verify`.',
    )
  return head
}

export async function writeHead(run: Run, key: Buffer, { position, hash, startsAfter }: Head): Promise<void> {
  const text = JSON.stringify({ position, hash, startsAfter })
  const value = JSON.stringify({ text, mac: sign(key, text) })
  await run(`update singletons set value = ?1 where name = 'audit_chain'`, [value])
}

export async function verifyTrail(run: Run, keys: Buffer[]): Promise<AuditReport> {
  const { head, isGood } = await readHead(run, keys, '')
  const faults = isGood ? [] : ['the head of the chain was changed']
  let previous = head.startsAfter
  for (;;) {
    const rows = await run(selectSealed, [previous.position, head.position])
    if (rows.length === 0) break
    for (const row of rows) {
      faults.push(...faultsOf(keys, row, previous))
      previous = { position: row.position as number, hash: row.hash as string }
    }
  }
  if (previous.position !== head.position || previous.hash !== head.hash) {
    faults.push(
      `the chain ends at ${previous.position}, but ${head.position} entries were sealed: the last ones are missing`,
    )
  }
  faults.push(...(await faultsOfUnsealed(run, keys)))
  const sealed = previous.position - head.startsAfter.position
  return { sealed, head: { position: head.position, hash: head.hash }, faults }
}

const entryColumns = [
  'id',
  'at',
  'type',
  'flow_id',
  'account_id',
  'session_id',
  'device',
  'address',
  'detail',
]
const entry = [...entryColumns, 'mac'].map((column) => `e.${column}`).join(', ')

const selectSealed = `select s.position, s.hash, s.event_id as sealed_id, ${entry} from audit_seals s
  left join audit_events e on e.id = s.event_id where s.position > ?1 and s.position <= ?2 order by s.position limit 1000`

const selectUnsealed = `select ${entry}, p.event_id as pending_id from audit_events e
  left join audit_pending p on p.event_id = e.id left join audit_seals s on s.event_id = e.id
  where s.event_id is null order by e.seq`

const selectLost = `select p.event_id from audit_pending p left join audit_events e on e.id = p.event_id where e.id is null`

const nothing: Link = { position: 0, hash: '' }

async function readHead(
  run: Run,
  keys: Buffer[],
  lock: '' | ' for update',
): Promise<{ head: Head; isGood: boolean }> {
  const [row] = await run(`select value from singletons where name = 'audit_chain'${lock}`)
  const { text, mac } = JSON.parse((row?.value as string | undefined) ?? '{}') as {
    text?: string
    mac?: string
  }
  // Nothing was sealed yet.
  if (text === undefined) return { head: { ...nothing, startsAfter: nothing }, isGood: row !== undefined }
  const isGood = keys.some((key) => sign(key, text) === mac)
  return { head: JSON.parse(text) as Head, isGood }
}

function sign(key: Buffer, text: string): string {
  return hmac(key, text).toString('base64url')
}

function isSigned(keys: Buffer[], row: Row): boolean {
  const columns = entryColumns.map((column) => row[column] as Value)
  return keys.some((key) => signEntry(key, columns) === row.mac)
}

function faultsOf(keys: Buffer[], row: Row, previous: Link): string[] {
  const position = previous.position + 1
  const faults = row.position === position ? [] : [`entry ${position} is missing`]
  if (row.id === null) return [...faults, `entry ${row.position} (${row.sealed_id}) was removed`]
  if (!isSigned(keys, row)) faults.push(`entry ${row.position} (${row.id}) was changed or forged`)
  const follows = keys.some(
    (key) => chain(key, { position, hash: previous.hash }, row.mac as string) === row.hash,
  )
  if (!follows) faults.push(`entry ${row.position} (${row.id}) does not follow the one before it`)
  return faults
}

async function faultsOfUnsealed(run: Run, keys: Buffer[]): Promise<string[]> {
  const faults: string[] = []
  for (const row of await run(selectUnsealed)) {
    if (!isSigned(keys, row)) faults.push(`entry ${row.id} (not sealed yet) was changed or forged`)
    if (row.pending_id === null) faults.push(`entry ${row.id} was taken out of the chain`)
  }
  for (const row of await run(selectLost)) faults.push(`entry ${row.event_id} (not sealed yet) was removed`)
  return faults
}
