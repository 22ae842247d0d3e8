import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import { replacePassword } from './end-everything.ts'
import { decide, type Gate, type RecordEvent, type Visit } from './gate.ts'
import { sessionEnded } from './refusals.ts'
import type { Pending } from './session-state.ts'
import { countedInAddress, refuseOtherLength, spendCode } from './spend-code.ts'

/**
 * Sets a new password with the code of the forgot call. It logs nobody in and skips no factor (ASVS 6.4.3): the next login asks for
 * its code as ever.
 */
export async function resetPassword(
  gate: Gate,
  visit: Visit,
  session: Pending,
  input: { code: string; newPassword: string },
): Promise<{ email: string }> {
  refuseOtherLength(gate, input.code)
  const { challengeId } = session
  const asked = await gate.stores.read.challenges.find(challengeId)
  if (!asked?.email) throw sessionEnded('replaced')
  // Before a try is spent: who has to choose another password still has the code.
  await gate.policy.check(input.newPassword, { email: asked.email })
  const { email, accountId } = asked
  const correct = gate.emailOtp.matches(challengeId, input.code) && accountId !== null
  // A wrong code costs no hash. That a right one takes longer tells nothing to whoever gets its answer anyway.
  const passwordHash = correct ? await gate.passwords.hash(input.newPassword) : ''
  const outcome = await decide(gate, visit, (acts, record) =>
    reset(gate, visit, acts, record, { session, email, accountId, correct, passwordHash }),
  )
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { email }
}

type Reset = {
  session: Pending
  email: string
  accountId: string | null
  correct: boolean
  passwordHash: string
}

async function reset(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  { session, email, accountId, correct, passwordHash }: Reset,
): Promise<Problem | undefined> {
  const { challengeId, sessionId } = session
  const account = accountId === null ? undefined : await acts.accounts.hold(accountId)
  const attempt = { challengeId, purpose: 'reset' as const, correct, about: { accountId, sessionId } }
  const counted = await countedInAddress(gate, acts, email, account)
  const spent = await spendCode(gate, visit, acts, record, attempt, counted)
  if (spent instanceof Problem) return spent
  if (!account) return sessionEnded('disabled')
  if (!(await acts.sessions.end(sessionId, 'replaced', gate.clock.now()))) throw sessionEnded('logged_out')
  await record({ type: 'code.accepted', accountId, sessionId, detail: { for: 'reset' } })
  await replacePassword(gate, visit, acts, record, {
    account: account as AccountRecord,
    passwordHash,
    by: 'reset',
  })
  return undefined
}
