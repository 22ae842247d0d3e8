import { Problem } from '../problems/problem.ts'
import { chargePassword, trustsKnown } from '../utils/password-budget.ts'
import { createSecret } from '../utils/secret.ts'
import { slowedDown } from './check-password.ts'
import { replacePassword } from './end-everything.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { openVerified } from './open-session.ts'
import { invalidCredentials, sessionEnded } from './refusals.ts'
import type { Verified } from './session-state.ts'

/**
 * Changes the password with the current one. Everything that the old one opened ends, this session's tokens too; the session
 * itself goes on under a new id (A-PW-07, A-RACE-08).
 */
export async function changePassword(
  gate: Gate,
  visit: Visit,
  session: Verified,
  input: { currentPassword: string; newPassword: string },
): Promise<{ sessionSecret: string; session: Verified }> {
  const { accountId, email, sessionId } = session
  const account = await gate.stores.read.accounts.find(accountId)
  if (!account) throw sessionEnded('disabled')
  await chargeTry(gate, visit, session)
  const { matches } = await gate.passwords.verify(account.passwordHash, input.currentPassword)
  if (!matches) throw await refuseWrong(gate, visit, session)
  await gate.policy.check(input.newPassword, { email })
  const passwordHash = await gate.passwords.hash(input.newPassword)
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, async (acts, record) => {
    const held = await acts.accounts.hold(accountId)
    // Somebody changed it since it was compared: what was proved is worth nothing any more.
    if (!held || held.passwordHash !== account.passwordHash) return invalidCredentials()
    if (!(await acts.sessions.end(sessionId, 'replaced', gate.clock.now()))) return sessionEnded('revoked')
    await record({ type: 'session.ended', accountId, sessionId, detail: { because: 'replaced' } })
    await replacePassword(gate, visit, acts, record, { account: held, passwordHash, by: 'change' })
    const { amr, authTime, flowId } = session
    const about = { accountId, email: held.email, claims: held.claims, amr, authTime, flowId, sessionSecret }
    return openVerified(gate, visit, acts, about)
  })
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { sessionSecret, session: outcome }
}

/** A stolen session guesses the password as a known browser does, and is counted with them. */
async function chargeTry(gate: Gate, visit: Visit, { email }: Verified): Promise<void> {
  const now = gate.clock.now()
  const refusal = await decide(gate, visit, async (acts) => {
    const { passwords } = await acts.addressBudgets.hold(email, now)
    if (!trustsKnown(passwords)) return slowedDown(Number.POSITIVE_INFINITY, now)
    await acts.addressBudgets.keepPasswords(email, chargePassword(passwords, now, true), now)
    return undefined
  })
  if (refusal) throw refusal
}

async function refuseWrong(gate: Gate, visit: Visit, session: Verified): Promise<Problem> {
  const { accountId, sessionId } = session
  await decide(gate, visit, (_, record) =>
    record({ type: 'password.refused', accountId, sessionId, detail: {} }),
  )
  return new Problem('invalid_credentials', {
    cause: 'wrong_current_password',
    detail: 'The current password is not right.',
    fix: 'Send the password that the account has now as currentPassword.',
  })
}
