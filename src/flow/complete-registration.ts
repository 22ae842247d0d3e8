import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { ChallengeRecord } from '../stores/challenges.ts'
import type { Acts } from '../stores/stores.ts'
import { createId } from '../utils/secret.ts'
import { isRightCode } from './code-of-challenge.ts'
import { replacePassword } from './end-everything.ts'
import type { Gate, RecordEvent, Visit } from './gate.ts'
import { openVerified } from './open-session.ts'
import { sessionEnded } from './refusals.ts'
import type { Pending, Verified } from './session-state.ts'
import { countedInAddress, hasAddress, refuseOtherLength, spendCode } from './spend-code.ts'

/**
 * The account begins here, with the code of its mailbox. Of several registrations of one address the last one whose code is
 * verified decides the password: whoever reads the mailbox could reset it anyway, and whoever can't has squatted nothing.
 */
export async function completeRegistration(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  opening: { session: Pending; code: string; sessionSecret: string },
): Promise<Verified | Problem> {
  const { session, code, sessionSecret } = opening
  const { sessionId, challengeId } = session
  const asked = await acts.challenges.find(challengeId)
  if (!hasAddress(asked)) return sessionEnded('replaced')
  refuseOtherLength(gate, code, asked.details)
  const existing = await acts.accounts.findByEmail(asked.email)
  // Nothing waits behind the registration of a taken address, and its code was never sent.
  const correct = isRightCode(gate, asked, code) && asked.details.passwordHash !== undefined
  const attempt = {
    challengeId,
    purpose: 'registration' as const,
    correct,
    about: { accountId: null, sessionId },
  }
  const counted = await countedInAddress(gate, acts, asked, existing)
  const spent = await spendCode(gate, visit, acts, record, attempt, counted)
  if (spent instanceof Problem) return spent
  const now = gate.clock.now()
  if (!(await acts.sessions.end(sessionId, 'replaced', now))) throw sessionEnded('logged_out')
  const account = await beginAccount(gate, visit, acts, record, asked)
  if (account instanceof Problem) return account
  const { id: accountId, email, claims } = account
  const amr = ['pwd', gate.emailOtp.amr]
  const next = { accountId, email, claims, amr, authTime: now, flowId: session.flowId, sessionSecret }
  const opened = await openVerified(gate, visit, acts, next)
  const detail = { for: 'registration' as const, newSession: opened.sessionId }
  await record({ type: 'code.accepted', accountId, sessionId, detail })
  return opened
}

async function beginAccount(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  asked: ChallengeRecord,
): Promise<AccountRecord | Problem> {
  const now = gate.clock.now()
  const email = asked.email as string
  const passwordHash = asked.details.passwordHash as string
  const { invitationId } = asked.details
  if (await acts.mailedCodes.isReserved(email, '', now)) return new Problem('email_taken')
  if (invitationId && !(await acts.mailedCodes.consumeInvitation(invitationId, now))) {
    return new Problem('mailed_code_invalid')
  }
  const id = createId('acc')
  const language = visit.language ?? 'en'
  const isNew = await acts.accounts.create({ id, email, passwordHash, language, now })
  if (isNew) {
    await acts.accounts.noteLogin(id, language, now)
    // Whoever had the address before is a stranger to this account.
    await acts.addressBudgets.forgetBrowsers(email, now)
    await record({ type: 'account.created', accountId: id, detail: { by: 'registration' } })
    return (await acts.accounts.hold(id)) as AccountRecord
  }
  const other = await acts.accounts.findByEmail(email)
  const account = other && (await acts.accounts.hold(other.id))
  if (!account || !beganLikeThis(account, asked)) return sessionEnded('replaced')
  await replacePassword(gate, visit, acts, record, { account, passwordHash, by: 'registration' })
  return account
}

/**
 * Whether another registration of the address began it meanwhile. One that is older, or was not begun with a code of its mailbox (an
 * operator made it, or it was imported), came there in another way: its password is not ours to replace (A-RST-06).
 */
function beganLikeThis(account: AccountRecord, asked: ChallengeRecord): boolean {
  return account.createdAt >= asked.createdAt && account.firstLoginAt === account.createdAt
}
