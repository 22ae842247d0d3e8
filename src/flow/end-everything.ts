import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import { clearedTally } from '../utils/code-budget.ts'
import { noFailures } from '../utils/password-budget.ts'
import { type Gate, type RecordEvent, sendNotice, type Visit } from './gate.ts'
import { type Ending, endAll } from './sessions.ts'

/** After a change of what opens the account: other sessions with their refresh families, trusted devices, codes that wait. */
export async function endEverything(
  gate: Pick<Gate, 'clock'>,
  acts: Acts,
  record: RecordEvent,
  which: Ending,
): Promise<void> {
  const { accountId } = which
  await endAll(gate, acts, record, which)
  for (const deviceId of await acts.trustedDevices.endAllOf(accountId)) {
    await record({ type: 'device.ended', accountId, detail: { deviceId } })
  }
  await acts.challenges.closeAllOf(accountId, gate.clock.now())
}

/** A new password: everything that the old one opened ends, and the owner is told (A-RST-05, A-PW-07, ASVS 6.3.7). */
export async function replacePassword(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  change: { account: AccountRecord; passwordHash: string; by: 'change' | 'reset' | 'registration' },
): Promise<void> {
  const { account, passwordHash, by } = change
  const accountId = account.id
  const now = gate.clock.now()
  await acts.accounts.setHash(accountId, passwordHash)
  // Whoever guessed with the old password has nothing left to guess with.
  await acts.accounts.keepCodeTally(accountId, clearedTally(account.codeTally))
  await acts.addressBudgets.hold(account.email, now)
  await acts.addressBudgets.keepPasswords(account.email, noFailures, now)
  await acts.addressBudgets.forgetBrowsers(account.email, now)
  await endEverything(gate, acts, record, {
    accountId,
    exceptId: '',
    because: 'password_changed',
    from: visit.device,
  })
  await record({ type: 'password.changed', accountId, detail: { by } })
  const detail = { device: visit.device, usedAt: now }
  await sendNotice(acts, account, { kind: 'password_changed', detail, now })
}
