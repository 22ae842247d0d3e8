import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import { Problem } from '../../problems/problem.ts'
import type { Database } from '../../stores/database.ts'
import { migrationStatus } from '../../stores/migrations/migrations.ts'
import { storeTime, writeProbe } from '../../stores/store-probe.ts'
import { checkClock } from './check-clock.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'

/** Why there is no store to look into; nothing is made where none is. */
export function missingStore({ database }: Settings): Finding | undefined {
  if (database.kind === 'memory') {
    const says = 'in memory: it forgets every account when the server stops, and no command sees into it'
    return warn('store', says, 'Leave DATABASE_URL out for the embedded store, or name a Postgres.')
  }
  if (database.kind === 'postgres' || existsSync(join(database.directory, 'sallyport.db'))) return undefined
  const says = `there is none in ${database.directory} yet; the server makes it at its first start`
  return warn('store', says, 'Start the server, or run this in its directory (DATA_DIR).')
}

/** `isWhole`: every table of this version is there, so acts can be made. */
export type CheckedStore = { findings: Finding[]; isReachable: boolean; isWhole: boolean }

export async function checkStore(database: Database): Promise<CheckedStore> {
  const name = database.engine === 'postgres' ? 'Postgres' : 'the embedded store'
  try {
    await database.read('select 1 as one')
  } catch (reason) {
    const fix = 'Check DATABASE_URL and that the database runs.'
    const says = `${name} cannot be reached: ${why(reason)}`
    return { findings: [fail('store', says, fix)], isReachable: false, isWhole: false }
  }
  try {
    const { findings: migrations, isWhole } = await checkMigrations(database)
    if (isWhole) await writeProbe(database)
    const findings = [ok('store', `${name} answers${isWhole ? ' and takes writes' : ''}`), ...migrations]
    const now = await storeTime(database)
    if (now !== undefined) findings.push(checkClock('store clock', 'Postgres', now, Date.now()))
    return { findings, isReachable: true, isWhole }
  } catch (reason) {
    const says = `${name} answers, and takes no writes: ${why(reason)}`
    const fix = 'Look at free space, permissions, and whether it is a read-only standby.'
    return { findings: [fail('store', says, fix)], isReachable: true, isWhole: false }
  }
}

async function checkMigrations(database: Database): Promise<{ findings: Finding[]; isWhole: boolean }> {
  const status = await migrationStatus(database)
  const ids = (wanted: string) => status.filter(({ state }) => state === wanted).map(({ id }) => id)
  const [pending, strange] = [ids('pending'), ids('unknown')]
  const findings: Finding[] = []
  if (pending.length > 0) {
    const says = `pending: ${pending.join(', ')}`
    findings.push(warn('migrations', says, 'Run sallyport migrate, or start a server of this version.'))
  }
  if (strange.length > 0) {
    const says = `of a newer version: ${strange.join(', ')}`
    const fix = 'Fine while an upgrade is under way; else install that version here.'
    findings.push(warn('migrations', says, fix))
  }
  if (findings.length === 0) findings.push(ok('migrations', `all ${status.length} applied`))
  return { findings, isWhole: pending.length === 0 }
}

export function noStore(check: string): Finding {
  return unknown(check, 'needs the store of the server')
}

/** What the engine said; none of ours or theirs repeats a password. */
function why(reason: unknown): string {
  const cause = reason instanceof Problem ? reason.cause : reason
  if (cause instanceof AggregateError) return cause.errors.map((each: Error) => each.message).join(', ')
  return cause instanceof Error ? cause.message : String(cause)
}
