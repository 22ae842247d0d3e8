import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { foreseeImport, type ImportOutcome, importAccounts } from '../../flow/import-accounts.ts'
import type { ImportedAccount } from '../../stores/account-imports.ts'
import { canonicalEmail, type Email } from '../../utils/email.ts'
import { CommandFailure } from '../failure.ts'
import type { Desk } from '../open-desk.ts'
import { type CheckedAccount, type CheckPassword, checkAccount, hashSecret } from './checked-account.ts'
import { type FormatName, type ImportFormat, type ImportParameters, importFormats } from './formats.ts'
import type { ImportReport, RowReport } from './report.ts'
import { type Row, readRows } from './rows.ts'
import { RefusedRow } from './source-account.ts'

export type ImportOptions = {
  format: FormatName
  parameters: ImportParameters
  dryRun: boolean
  checkPassword: CheckPassword
}

type Candidate = { line: number; sourceId: string | undefined; account: CheckedAccount }

/** The audit entry of each account takes two statements: on a store some milliseconds away too an act ends within its deadline. */
const batchSize = 200
/** A server that waits for the lock of SQLite looks for it every 25 ms or so, and has to find it free now and then. */
const pauseMs = 20

/**
 * Goes through a file once, and keeps no more of it than a batch, and a number for each account. Each batch is one act: a run that is
 * killed leaves whole ones, and the next run finds them as existing.
 */
export async function runImport(
  desk: Desk,
  chunks: AsyncIterable<string>,
  options: ImportOptions,
  report: ImportReport,
): Promise<void> {
  const format: ImportFormat = importFormats[options.format]
  const isGuarded = options.format === 'csv'
  const write = batchWriter(desk, options, report)
  let batch: Candidate[] = []
  let broken: CommandFailure | undefined
  try {
    for await (const row of readRows(chunks, { spellings: format.spellings, isGuarded })) {
      const candidate = await readCandidate(row, format, options, desk.clock.now(), report)
      if (candidate) batch.push(candidate)
      if (batch.length < batchSize) continue
      await write(batch)
      batch = []
      await pause(pauseMs)
    }
  } catch (reason) {
    if (!(reason instanceof CommandFailure)) throw reason
    broken = reason
  }
  // What stands before the place where a file is broken is good.
  await write(batch)
  if (broken) throw broken
}

async function readCandidate(
  row: Row,
  format: ImportFormat,
  { parameters, checkPassword }: ImportOptions,
  now: number,
  report: ImportReport,
): Promise<Candidate | undefined> {
  const { line } = row
  if ('fault' in row) return void report.add({ line, outcome: 'refused', reason: row.fault })
  let email: Email | undefined
  try {
    const source = format.read(row.fields, parameters, now)
    email = canonicalEmail(source.email)
    const account = await checkAccount(source, email, { now, checkPassword })
    return { line, sourceId: source.sourceId, account }
  } catch (reason) {
    if (!(reason instanceof RefusedRow)) throw reason
    return void report.add({ line, outcome: 'refused', email, reason: reason.message })
  }
}

function batchWriter(desk: Desk, { dryRun }: ImportOptions, report: ImportReport) {
  const seen = new Set<number>()

  function reportOf({ line, sourceId, account }: Candidate, { outcome, id }: ImportOutcome): RowReport {
    const { email } = account
    const digest = digestOf(email)
    const isRepeated = seen.has(digest) && (outcome === 'exists' || dryRun)
    seen.add(digest)
    if (isRepeated) return { line, outcome: 'refused', email, sourceId, reason: repeated }
    if (outcome === 'id_taken') return { line, outcome: 'refused', email, sourceId, reason: idTaken }
    return { line, outcome, email, id: outcome === 'imported' && dryRun ? undefined : id, sourceId }
  }

  return async (batch: Candidate[]): Promise<void> => {
    if (batch.length === 0) return
    const accounts = batch.map(({ account }) => account)
    const outcomes = dryRun
      ? await foreseeImport(desk.stores.read, accounts.map(withoutSecret))
      : await createAll(desk, accounts)
    for (const [index, candidate] of batch.entries()) {
      report.add(reportOf(candidate, outcomes[index] as ImportOutcome))
    }
  }
}

const repeated = 'its address stands in an earlier row of this file too'
const idTaken = 'its id belongs to another account here, with another address'

async function createAll(desk: Desk, accounts: CheckedAccount[]): Promise<ImportOutcome[]> {
  const ready: ImportedAccount[] = []
  // As many at once as wait in the line of the password queue, and no more.
  for (let from = 0; from < accounts.length; from += 50) {
    const part = accounts.slice(from, from + 50)
    ready.push(...(await Promise.all(part.map((account) => hashSecret(account, desk.passwords)))))
  }
  const outcomes = await importAccounts(desk, ready)
  await desk.stores.atomically(({ audit }) => audit.seal(batchSize))
  return outcomes
}

function withoutSecret({ secret: _, ...account }: CheckedAccount): ImportedAccount {
  return { ...account, passwordHash: '' }
}

/** Only tells a repeated address from one that existed before, so that a collision in 2^48 costs a wrong word in a report. */
function digestOf(email: string): number {
  return createHash('sha256').update(email).digest().readUIntBE(0, 6)
}
