import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import { canonicalEmail, type Email } from '../utils/email.ts'
import { chargePassword, nextPasswordTry, trustsKnown } from '../utils/password-budget.ts'
import { decide, type Gate, isKnownBrowser, type Visit } from './gate.ts'
import { invalidCredentials, secondsUntil } from './refusals.ts'

export type CheckedPassword = {
  account: AccountRecord
  /** Wrong ones in a row before this one, of known browsers and of others. */
  failuresBefore: number
}

/**
 * Compares a password with the account's, or refuses. The try is charged before it is compared, in a budget of the address that
 * is the same whether it has an account or not (A-BRUTE-02); a browser that has logged in before is charged apart (D5).
 */
export async function checkPassword(
  gate: Gate,
  visit: Visit,
  input: { email: string; password: string },
): Promise<CheckedPassword> {
  const email = canonicalEmail(input.email)
  const charged = email && (await chargeTry(gate, visit, email))
  if (charged instanceof Problem) throw charged
  const account = charged?.account
  // An unknown address costs the same hash, the same reads and the same writes as a known one (ASVS 6.3.8).
  const verdict = account
    ? await gate.passwords.verify(account.passwordHash, input.password)
    : await gate.passwords.verifyNothing(input.password)
  if (charged && account && verdict?.matches && account.disabledAt === null) {
    const checked = verdict.needsRehash ? await rehash(gate, account, input.password) : account
    return { ...charged, account: checked }
  }
  const why = !account ? 'unknown_address' : verdict?.matches ? 'disabled' : 'wrong_password'
  await decide(gate, visit, (_, record) =>
    record({ type: 'login.refused', accountId: account?.id, detail: { why } }),
  )
  throw invalidCredentials()
}

async function chargeTry(gate: Gate, visit: Visit, email: Email) {
  const now = gate.clock.now()
  return decide(gate, visit, async (acts, record) => {
    const { passwords, knownSince } = await acts.addressBudgets.hold(email, now)
    const account = await acts.accounts.findByEmail(email)
    const isKnown = isKnownBrowser(visit, email, knownSince) && trustsKnown(passwords)
    const nextAt = nextPasswordTry(passwords)
    if (!isKnown && nextAt > now) {
      await record({ type: 'login.refused', accountId: account?.id, detail: { why: 'slowed_down' } })
      return slowedDown(nextAt, now)
    }
    await acts.addressBudgets.keepPasswords(email, chargePassword(passwords, now, isKnown), now)
    return { account, failuresBefore: passwords.failures + passwords.knownFailures }
  })
}

const dayMs = 86_400_000

export function slowedDown(nextAt: number, now: number): Problem {
  return new Problem('rate_limited', {
    detail: 'Too many wrong passwords in a row were sent for this address.',
    cause: 'passwords_of_address',
    fix: 'Log in from a browser that has logged in to this account before, or reset the password with POST /auth/password/forgot.',
    retryAfterSeconds: secondsUntil(Math.min(nextAt, now + dayMs), now),
  })
}

/** The parameters were raised since this hash was made: only now is the password here to make a stronger one (ASVS 11.2.2). */
async function rehash(gate: Gate, account: AccountRecord, password: string): Promise<AccountRecord> {
  const passwordHash = await gate.passwords.hash(password)
  const isReplaced = await gate.stores.atomically(({ accounts }) =>
    accounts.replaceHash(account.id, account.passwordHash, passwordHash),
  )
  if (isReplaced) return { ...account, passwordHash }
  // Another login was quicker, or the password was changed: then what was compared is worth nothing.
  const current = await gate.stores.read.accounts.find(account.id)
  const { matches } = await gate.passwords.verify(current?.passwordHash ?? '', password)
  if (!current || !matches) throw invalidCredentials()
  return current
}
