import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type AccountImports, accountImportsOver } from './account-imports.ts'
import { type Accounts, accountsOver } from './accounts.ts'
import { type AddressBudgets, addressBudgetsOver } from './address-budgets.ts'
import { type Audit, auditOver } from './audit.ts'
import { type Challenges, challengesOver } from './challenges.ts'
import type { Database, Run } from './database.ts'
import { type KeyReaders, keyReadersOver, readersKeptMs } from './key-readers.ts'
import { type MailedCodes, mailedCodesOver } from './mailed-codes.ts'
import { type Outbox, outboxOver } from './outbox.ts'
import { openPostgresDatabase } from './postgres-database.ts'
import { type RefreshFamilies, refreshFamiliesOver } from './refresh-families.ts'
import { type RevocationRecords, rememberedMs, revocationsOver } from './revocations.ts'
import { type Sessions, sessionsOver } from './sessions.ts'
import { type SigningKeys, signingKeysOver } from './signing-keys.ts'
import { openSqliteDatabase } from './sqlite-database.ts'
import { type TrustedDevices, trustedDevicesOver } from './trusted-devices.ts'

/** Everything that can be done in one transaction. */
export type Acts = {
  accounts: Accounts
  accountImports: AccountImports
  addressBudgets: AddressBudgets
  trustedDevices: TrustedDevices
  mailedCodes: MailedCodes
  challenges: Challenges
  sessions: Sessions
  refreshFamilies: RefreshFamilies
  revocations: RevocationRecords
  outbox: Outbox
  signingKeys: SigningKeys
  keyReaders: KeyReaders
  audit: Audit
}

export type Stores = {
  /** Reads outside any transaction. A decision never rests on one of these alone. */
  read: Acts
  /** Runs acts as one transaction: durable when it resolves, undone when it rejects. */
  atomically<Result>(
    work: (acts: Acts) => Promise<Result>,
    options?: { deadlineMs?: number },
  ): Promise<Result>
  database: Database
}

export type DatabaseChoice =
  | { kind: 'embedded'; directory: string }
  | { kind: 'postgres'; url: string }
  | { kind: 'memory' }

export function openDatabase(
  choice: DatabaseChoice,
  options: { sync: 'full' | 'normal'; onFault: (reason: unknown) => void },
): Database {
  switch (choice.kind) {
    case 'postgres':
      return openPostgresDatabase(choice.url, options)
    case 'memory':
      return openSqliteDatabase(':memory:', 'normal')
    case 'embedded':
      mkdirSync(choice.directory, { recursive: true, mode: 0o700 })
      return openSqliteDatabase(join(choice.directory, 'sallyport.db'), options.sync)
  }
}

export function createStores(database: Database, auditKeys: [Buffer, ...Buffer[]]): Stores {
  const actsOver = (run: Run): Acts => ({
    accounts: accountsOver(run),
    accountImports: accountImportsOver(run),
    addressBudgets: addressBudgetsOver(run),
    trustedDevices: trustedDevicesOver(run),
    mailedCodes: mailedCodesOver(run),
    challenges: challengesOver(run),
    sessions: sessionsOver(run),
    refreshFamilies: refreshFamiliesOver(run),
    revocations: revocationsOver(run),
    outbox: outboxOver(run),
    signingKeys: signingKeysOver(run),
    keyReaders: keyReadersOver(run),
    audit: auditOver(run, auditKeys),
  })
  return {
    read: actsOver(database.read),
    atomically: (work, options) => database.atomically(({ run }) => work(actsOver(run)), options),
    database,
  }
}

/** Days that tombstones of sessions, budgets of addresses, what makes browsers strangers, and entries of the audit trail are kept. */
const retention = { sessionDays: 30, addressDays: 30, browserDays: 400, auditDays: 400 }

const dayMs = 86_400_000

/** Keeps every table bounded, in small acts that never hold others up. Safe to run on several processes at once. */
export async function purgeExpired(stores: Stores, now: number): Promise<void> {
  const limit = 500
  const untilDone = async (purge: (acts: Acts) => Promise<number>) => {
    while ((await stores.atomically(purge)) === limit);
  }
  await untilDone(({ challenges }) => challenges.purge(now - dayMs, limit))
  await untilDone(({ outbox }) => outbox.purge(now - dayMs, limit))
  await untilDone(({ sessions }) => sessions.purge(now - retention.sessionDays * dayMs, limit))
  await untilDone(({ revocations }) => revocations.purge(now - rememberedMs, limit))
  await untilDone(({ keyReaders }) => keyReaders.purge(now - readersKeptMs, limit))
  await untilDone(({ trustedDevices }) => trustedDevices.purge(now, limit))
  await untilDone(({ mailedCodes }) => mailedCodes.purge(now, limit))
  const untouchedSince = now - retention.addressDays * dayMs
  const knownSince = now - retention.browserDays * dayMs
  await untilDone(({ addressBudgets }) => addressBudgets.purge({ untouchedSince, knownSince, now }, limit))
  await untilDone(({ audit }) => audit.purge(now - retention.auditDays * dayMs, limit))
}
