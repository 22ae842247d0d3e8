import type { ImportedAccount } from '../stores/account-imports.ts'
import type { Acts } from '../stores/stores.ts'
import type { AccountDesk } from './accounts.ts'
import { decide } from './gate.ts'

export type ImportOutcome = {
  /** `exists`: the address has an account, which stays as it is. `id_taken`: another address has an account with this id. */
  outcome: 'imported' | 'exists' | 'id_taken'
  /** Of the account that now has the address, or of the one that has the id. */
  id: string
}

/**
 * Creates what does not exist yet, all or none of it; run again, it finds its own accounts. Each account has its own audit entry,
 * as one that is created by hand: years later that entry alone tells where an account and its first hash came from.
 */
export async function importAccounts(
  desk: Pick<AccountDesk, 'stores' | 'clock' | 'events'>,
  accounts: ImportedAccount[],
): Promise<ImportOutcome[]> {
  return decide(desk, {}, async (acts, record) => {
    const created = await acts.accountImports.createAll(accounts)
    for (const accountId of created.values()) {
      await record({ type: 'account.created', accountId, detail: { by: 'import' } })
    }
    // Of two rows with one address, or one id, the first one was created.
    const areNew = accounts.map(({ id, email }) => created.get(email) === id && created.delete(email))
    const others = accounts.filter((_, index) => !areNew[index])
    const idOf = await acts.accountImports.findIds(others.map(({ email }) => email))
    return accounts.map(({ id, email }, index) => outcomeOf(id, areNew[index] === true, idOf.get(email)))
  })
}

/** What `importAccounts` would do, as far as the store can tell before. */
export async function foreseeImport(read: Acts, accounts: ImportedAccount[]): Promise<ImportOutcome[]> {
  const idOf = await read.accountImports.findIds(accounts.map(({ email }) => email))
  const taken = await read.accountImports.findTakenIds(accounts.map(({ id }) => id))
  return accounts.map(({ id, email }) => outcomeOf(id, !taken.has(id) && !idOf.has(email), idOf.get(email)))
}

function outcomeOf(id: string, isCreated: boolean, idOfAddress: string | undefined): ImportOutcome {
  if (isCreated) return { outcome: 'imported', id }
  return idOfAddress === undefined ? { outcome: 'id_taken', id } : { outcome: 'exists', id: idOfAddress }
}
