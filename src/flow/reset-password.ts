import { Problem } from '../problems/problem.ts'
import type { ChallengeRecord } from '../stores/challenges.ts'
import type { Acts } from '../stores/stores.ts'
import { isLongCode, isRightCode } from './code-of-challenge.ts'
import { replacePassword } from './end-everything.ts'
import { decide, type Gate, type RecordEvent, type Visit } from './gate.ts'
import { sessionEnded } from './refusals.ts'
import type { Pending } from './session-state.ts'
import { countedInAddress, hasAddress, refuseOtherLength, spendCode } from './spend-code.ts'

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
  const asked = await gate.stores.read.challenges.find(session.challengeId)
  if (!hasAddress(asked)) throw sessionEnded('replaced')
  refuseOtherLength(gate, input.code, asked.details)
  const { email, accountId } = asked
  // Before a try is spent: who has to choose another password still has the code.
  await gate.policy.check(input.newPassword, { email })
  // Where no try would be compared, the right code is as wrong as any other: the time of its hash would give it away, to be
  // used once the lock is over.
  const isOpen = await wouldCompare(gate, asked)
  const correct = isOpen && accountId !== null && isRightCode(gate, asked, input.code)
  // A wrong code costs no hash. That a right one takes longer tells nothing to whoever gets its answer anyway.
  const passwordHash = correct ? await gate.passwords.hash(input.newPassword) : ''
  const outcome = await decide(gate, visit, (acts, record) =>
    reset(gate, visit, acts, record, { session, asked, correct, passwordHash }),
  )
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { email }
}

type Asked = ChallengeRecord & { email: string }

async function wouldCompare(gate: Gate, asked: Asked): Promise<boolean> {
  const now = gate.clock.now()
  if (asked.consumedAt !== null || asked.attemptsLeft === 0 || asked.expiresAt <= now) return false
  return (
    isLongCode(asked.details) || !(await gate.stores.read.addressBudgets.areCodesLocked(asked.email, now))
  )
}

type Reset = { session: Pending; asked: Asked; correct: boolean; passwordHash: string }

async function reset(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  { session, asked, correct, passwordHash }: Reset,
): Promise<Problem | undefined> {
  const { challengeId, sessionId } = session
  const { accountId, email } = asked
  // Asked for an unknown address too, since it costs something.
  const held = await acts.accounts.hold(accountId ?? '')
  // An address that the account has given up since opens it no more (A-RST-02).
  const account = held?.email === email ? held : undefined
  const attempt = { challengeId, purpose: 'reset' as const, correct, about: { accountId, sessionId } }
  const counted = await countedInAddress(gate, acts, asked, account)
  const spent = await spendCode(gate, visit, acts, record, attempt, counted)
  if (spent instanceof Problem) return spent
  if (!account) return sessionEnded('disabled')
  if (!(await acts.sessions.end(sessionId, 'replaced', gate.clock.now()))) throw sessionEnded('logged_out')
  await record({ type: 'code.accepted', accountId, sessionId, detail: { for: 'reset' } })
  await replacePassword(gate, visit, acts, record, { account, passwordHash, by: 'reset' })
  return undefined
}
