import { createHash } from 'node:crypto'
import pg from 'pg'
import { Problem } from '../problems/problem.ts'
import {
  type Database,
  type Row,
  storeDeadlineMs,
  storeUnavailable,
  type Transaction,
  type Value,
} from './database.ts'

/** Postgres 15 or newer, for more than one process. Statements are prepared once a connection, by name. */
export function openPostgresDatabase(
  url: string,
  { onFault = () => {} }: { onFault?: (reason: unknown) => void } = {},
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 12,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'sallyport',
    // The server side gives up too, so that a frozen client never holds a row lock for others (ASVS 15.4.3).
    statement_timeout: storeDeadlineMs,
    idle_in_transaction_session_timeout: storeDeadlineMs + 1_000,
    types: { getTypeParser },
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', onFault)
  // The pool itself listens only to idle ones; one that breaks in our hands would end it too (F-KILL-03).
  pool.on('connect', (client) => client.on('error', onFault))

  return {
    engine: 'postgres',
    read: (statement, values) =>
      withClient(pool, storeDeadlineMs, (client) => runStatement(client, statement, values)),
    atomically: (work, { deadlineMs = storeDeadlineMs } = {}) =>
      retryConflicts(() => withClient(pool, deadlineMs, (client) => commit(client, work))),
    close: () => pool.end(),
  }
}

/** Milliseconds fit a double until the year 287396; node-postgres would give bigint columns as text. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')
}

async function withClient<Result>(
  pool: pg.Pool,
  deadlineMs: number,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((reason: unknown) => {
    throw storeUnavailable(reason)
  })
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(storeUnavailable(new Error(`no answer within ${deadlineMs} ms`))),
      deadlineMs,
    )
  })
  let broken = false
  try {
    return await Promise.race([work(client), deadline])
  } catch (reason) {
    const outage = isOutage(reason)
    // A connection whose prepared statements are stale is of no use either.
    broken = outage || (reason as { code?: string }).code === '0A000'
    throw outage ? asUnavailable(reason) : reason
  } finally {
    clearTimeout(timer)
    // A connection in an unknown state is thrown away: its transaction rolls back with it.
    client.release(broken)
  }
}

async function commit<Result>(
  client: pg.PoolClient,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  await client.query('begin')
  try {
    const result = await work({
      run: (statement, values) => runStatement(client, statement, values),
      script: async (statements) => void (await client.query(statements)),
    })
    await client.query('commit')
    return result
  } catch (reason) {
    if (!isOutage(reason)) await client.query('rollback')
    throw reason
  }
}

const statements = new Map<string, { name: string; text: string }>()

async function runStatement(client: pg.PoolClient, statement: string, values: Value[] = []): Promise<Row[]> {
  let ready = statements.get(statement)
  if (!ready) {
    const text = statement.replace(/\?(\d+)/g, '$$$1')
    ready = { name: createHash('sha256').update(text).digest('hex').slice(0, 32), text }
    statements.set(statement, ready)
  }
  const result = await client.query({ ...ready, values })
  return result.rows as Row[]
}

/** Two acts that met on the same rows in an unlucky order: Postgres undid one of them whole, so it may run again. */
async function retryConflicts<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (reason) {
      const wasRead = isBrokenConstraint(reason)
      if (!wasRead && !isConflict(reason)) throw reason
      // A constraint that stays broken is no conflict but a mistake.
      if (attempt === 4) throw wasRead ? reason : storeUnavailable(reason)
      await new Promise((resume) => setTimeout(resume, Math.random() * 20 * attempt))
    }
  }
}

/** A row whose account was deleted, or made, since it was read: the act runs again, and reads so. */
function isBrokenConstraint(reason: unknown): boolean {
  return ['23503', '23505'].includes((reason as { code?: string }).code ?? '')
}

/** Also a statement that was prepared before a migration changed its table (0A000): it is prepared anew. */
function isConflict(reason: unknown): boolean {
  return ['40001', '40P01', '0A000'].includes((reason as { code?: string }).code ?? '')
}

/** SQLSTATE classes of a connection, resource or operator fault, of a read-only standby, and errors without a SQLSTATE (sockets). */
function isOutage(reason: unknown): boolean {
  if (reason instanceof Problem) return reason.code === 'service_unavailable'
  const code = (reason as { code?: string }).code
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) {
    return /^(08|53|57|58|XX)/.test(code) || ['25006', '25P03', '25P02', '55P03'].includes(code)
  }
  return code !== undefined || (reason as Error).message?.includes('onnection') === true
}

function asUnavailable(reason: unknown): Problem {
  return reason instanceof Problem ? reason : storeUnavailable(reason)
}
