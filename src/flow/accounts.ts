import type { PasswordHasher } from '../passwords/hash.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import type { Clock } from '../utils/clock.ts'
import { clearedTally } from '../utils/code-budget.ts'
import type { Email } from '../utils/email.ts'
import { createId } from '../utils/secret.ts'
import { decide, type Gate } from './gate.ts'
import { endAll } from './sessions.ts'

/** What an operator does with accounts, from the command line, beside a running server too. */
export type AccountDesk = Pick<Gate, 'stores' | 'events' | 'clock'> & {
  stores: Stores
  clock: Clock
  passwords: PasswordHasher
}

/** `undefined` when the address is taken. */
export async function createAccount(
  desk: AccountDesk,
  account: { email: Email; password: string; by: 'command' | 'development' },
): Promise<{ id: string } | undefined> {
  const passwordHash = await desk.passwords.hash(account.password)
  const id = createId('acc')
  const created = await decide(desk, {}, async (acts, record) => {
    const ok = await acts.accounts.create({ id, email: account.email, passwordHash, now: desk.clock.now() })
    if (ok) await record({ type: 'account.created', accountId: id, detail: { by: account.by } })
    return ok
  })
  return created ? { id } : undefined
}

/** Ends everything of the account at once: its sessions, their refresh families and tokens, a login that is under way. */
export async function disableAccount(desk: AccountDesk, account: AccountRecord): Promise<boolean> {
  return decide(desk, {}, async (acts, record) => {
    if (!(await acts.accounts.disable(account.id, desk.clock.now()))) return false
    await record({ type: 'account.disabled', accountId: account.id, detail: {} })
    await endAll(desk, acts, record, { accountId: account.id, exceptId: '', because: 'disabled' })
    return true
  })
}

export async function enableAccount(desk: AccountDesk, account: AccountRecord): Promise<boolean> {
  return decide(desk, {}, async (acts, record) => {
    if (!(await acts.accounts.enable(account.id))) return false
    await record({ type: 'account.enabled', accountId: account.id, detail: {} })
    return true
  })
}

/** Lifts a lock that wrong codes brought, the yearly one too. */
export async function unlockAccount(desk: AccountDesk, account: AccountRecord): Promise<void> {
  await decide(desk, {}, async (acts, record) => {
    const held = await acts.accounts.holdAny(account.id)
    if (!held) return
    await acts.accounts.keepCodeTally(account.id, {
      ...clearedTally(held.codeTally),
      yearEndsAt: 0,
      yearFailures: 0,
    })
    await record({ type: 'account.unlocked', accountId: account.id, detail: {} })
  })
}

/** Removes the account with its sessions. What it did stays in the audit trail. */
export async function removeAccount(desk: AccountDesk, account: AccountRecord): Promise<boolean> {
  return decide(desk, {}, async (acts, record) => {
    await endAll(desk, acts, record, { accountId: account.id, exceptId: '', because: 'disabled' })
    if (!(await acts.accounts.remove(account.id))) return false
    await record({ type: 'account.deleted', accountId: account.id, detail: {} })
    return true
  })
}
