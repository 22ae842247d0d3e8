import type { PasswordHasher } from '../passwords/hash.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import type { Clock } from '../utils/clock.ts'
import type { Email } from '../utils/email.ts'
import { noFailures } from '../utils/password-budget.ts'
import { createId, type SecretHash } from '../utils/secret.ts'
import { readClaims, writeClaims } from './account-claims.ts'
import { endEverything } from './end-everything.ts'
import { decide, type Gate, tellOwner } from './gate.ts'
import { endAll } from './sessions.ts'

/** What an operator does with accounts, from the command line, beside a running server too. */
export type AccountDesk = Pick<Gate, 'stores' | 'events' | 'clock'> & {
  stores: Stores
  clock: Clock
  passwords: PasswordHasher
}

/** `undefined` when the address is taken: by an account, or by one that may still take back its change of address. */
export async function createAccount(
  desk: AccountDesk,
  account: { email: Email; password: string; by: 'command' | 'development' },
): Promise<{ id: string } | undefined> {
  const passwordHash = await desk.passwords.hash(account.password)
  const id = createId('acc')
  const created = await decide(desk, {}, async (acts, record) => {
    const now = desk.clock.now()
    if (await acts.mailedCodes.isReserved(account.email, '', now)) return false
    const ok = await acts.accounts.create({ id, email: account.email, passwordHash, language: 'en', now })
    if (!ok) return false
    // Whoever had the address before is a stranger to this account.
    await acts.addressBudgets.hold(account.email, now)
    await acts.addressBudgets.forgetBrowsers(account.email, now)
    await record({ type: 'account.created', accountId: id, detail: { by: account.by } })
    return ok
  })
  return created ? { id } : undefined
}

/** Ends everything of the account at once: its sessions, their refresh families and tokens, a login that is under way. */
export async function disableAccount(desk: AccountDesk, account: AccountRecord): Promise<boolean> {
  return decide(desk, {}, async (acts, record) => {
    if (!(await acts.accounts.disable(account.id, desk.clock.now()))) return false
    await record({ type: 'account.disabled', accountId: account.id, detail: {} })
    await endEverything(desk, acts, record, { accountId: account.id, exceptId: '', because: 'disabled' })
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

/** Lifts every lock that wrong codes and passwords brought, the yearly ones too. */
export async function unlockAccount(desk: AccountDesk, account: AccountRecord): Promise<void> {
  await decide(desk, {}, async (acts, record) => {
    const held = await acts.accounts.holdAny(account.id)
    if (!held) return
    const now = desk.clock.now()
    await acts.accounts.keepCodeTally(account.id, emptyTally)
    await acts.addressBudgets.hold(held.email, now)
    await acts.addressBudgets.keepCodes(held.email, emptyTally, now)
    await acts.addressBudgets.keepPasswords(held.email, noFailures, now)
    await record({ type: 'account.unlocked', accountId: account.id, detail: {} })
  })
}

const emptyTally = { failures: 0, lockLevel: 0, lockedUntil: 0, yearEndsAt: 0, yearFailures: 0 }

const invitedForMs = 7 * 86_400_000

/**
 * Mails a code with which the address can be registered while REGISTRATION is invite. Only its mailbox sees it, and the
 * account begins with its own password and a code of its own: an operator can't open it (ASVS 6.4.1, 6.4.6).
 */
export async function invite(
  desk: AccountDesk & Pick<Gate, 'mailedCodes'>,
  email: Email,
): Promise<{ expiresAt: number } | undefined> {
  const now = desk.clock.now()
  const expiresAt = now + invitedForMs
  const id = createId('inv')
  const codeHash = desk.mailedCodes.hashOf(desk.mailedCodes.codeOf(id)) as SecretHash
  const invited = await decide(desk, {}, async (acts, record) => {
    if (await acts.accounts.findByEmail(email)) return false
    if (await acts.mailedCodes.isReserved(email, '', now)) return false
    await acts.mailedCodes.invite({ id, codeHash, email, now, expiresAt })
    await tellOwner(acts, { to: email, kind: 'invitation', challengeId: id, detail: {}, now, expiresAt })
    await record({ type: 'account.invited', detail: { until: new Date(expiresAt).toISOString() } })
    return true
  })
  return invited ? { expiresAt } : undefined
}

/** Changes the account's own claims. Tokens with one that is gone or different are refused within a second. */
export async function changeClaims(
  desk: AccountDesk,
  account: AccountRecord,
  change: (before: Record<string, unknown>) => Record<string, unknown>,
): Promise<Record<string, unknown>> {
  return decide(desk, {}, async (acts, record) => {
    // Held: of two commands at once neither undoes the other.
    const held = await acts.accounts.holdAny(account.id)
    const claims = change(readClaims(held?.claims ?? '{}'))
    await acts.accounts.setClaims(account.id, writeClaims(claims))
    const names = Object.keys(claims).join(' ')
    await record({ type: 'account.claims_changed', accountId: account.id, detail: { names } })
    return claims
  })
}

/** Removes the account with its sessions. What it did stays in the audit trail. */
export async function removeAccount(desk: AccountDesk, account: AccountRecord): Promise<boolean> {
  return decide(desk, {}, async (acts, record) => {
    await endAll(desk, acts, record, { accountId: account.id, exceptId: '', because: 'disabled' })
    if (!(await acts.accounts.remove(account.id, desk.clock.now()))) return false
    await record({ type: 'account.deleted', accountId: account.id, detail: {} })
    return true
  })
}
