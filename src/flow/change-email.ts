import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import type { SecretHash } from '../utils/secret.ts'
import { createId, createSecret, hashSecret } from '../utils/secret.ts'
import { isRightCode } from './code-of-challenge.ts'
import { endEverything } from './end-everything.ts'
import { decide, type Gate, type RecordEvent, sendNotice, tellOwner, type Visit } from './gate.ts'
import { openStrangersChallenge } from './open-challenge.ts'
import type { OtpView } from './otp-view.ts'
import { readEmail } from './read-email.ts'
import { sessionEnded } from './refusals.ts'
import type { OpenChallenge, Verified } from './session-state.ts'
import { countedInAddress, hasAddress, refuseOtherLength, spendCode } from './spend-code.ts'

/** Sends a code to the new address. A taken one gets the same answer, and its owner a notice (A-ENUM-05). */
export async function askForEmailChange(
  gate: Gate,
  visit: Visit,
  session: Verified,
  input: { newEmail: string },
): Promise<OtpView> {
  const email = readEmail(input.newEmail, 'newEmail')
  if (email === session.email) throw sameAddress()
  const { accountId, sessionId } = session
  const otp = await decide(gate, visit, async (acts, record) => {
    const isTaken = await acts.mailedCodes.isAddressTaken(email, accountId, gate.clock.now())
    const challenge = await openStrangersChallenge(gate, visit, acts, {
      purpose: 'email_change',
      accountId,
      email,
      details: isTaken ? {} : { newEmail: email },
      kind: isTaken ? 'address_taken' : 'email_change_code',
    })
    const waits = { id: challenge.id, purpose: 'email_change' as const }
    if (!(await acts.sessions.await(sessionId, waits, gate.clock.now()))) throw sessionEnded('revoked')
    // Not whether it was taken: the owner of this account may read its entries (A-ENUM-05).
    await record({ type: 'email_change.asked', accountId, sessionId, detail: {} })
    return challenge.otp
  })
  gate.wakeMail()
  return otp
}

function sameAddress(): Problem {
  const message = 'is the address that the account has already'
  return new Problem('invalid_request', { extra: { errors: [{ path: ['newEmail'], message }] } })
}

/** With the code from the new address it takes the place of the old one, which gets a code that undoes it (ASVS 6.3.7). */
export async function confirmEmailChange(
  gate: Gate,
  visit: Visit,
  session: Verified & { challenge: OpenChallenge },
  code: string,
): Promise<{ sessionSecret: string; session: Verified }> {
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, (acts, record) =>
    confirm(gate, visit, acts, record, { session, code, sessionSecret }),
  )
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { sessionSecret, session: outcome }
}

async function confirm(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  confirming: { session: Verified & { challenge: OpenChallenge }; code: string; sessionSecret: string },
): Promise<Verified | Problem> {
  const { session, code, sessionSecret } = confirming
  const { accountId, sessionId, challenge } = session
  const account = await acts.accounts.hold(accountId)
  const asked = await acts.challenges.find(challenge.id)
  if (!account || !hasAddress(asked) || asked.accountId !== accountId) return sessionEnded('revoked')
  refuseOtherLength(gate, code, asked.details)
  const { email } = asked
  const correct = isRightCode(gate, asked, code) && asked.details.newEmail !== undefined
  const about = { accountId, sessionId }
  const attempt = { challengeId: challenge.id, purpose: 'email_change' as const, correct, about }
  const counted = await countedInAddress(gate, acts, asked, await acts.accounts.findByEmail(email))
  const spent = await spendCode(gate, visit, acts, record, attempt, counted)
  if (spent instanceof Problem) return spent
  const now = gate.clock.now()
  // The mailbox is theirs, so this tells them nothing that they couldn't read there (A-RACE-15).
  const isReserved = await acts.mailedCodes.isReserved(email, accountId, now)
  if (isReserved || !(await acts.accounts.setEmail(accountId, email))) return new Problem('email_taken')
  // Asked of the store now: a session that was ended while the code was on its way moves nothing.
  const amr = [...new Set([...session.amr, gate.emailOtp.amr])]
  const renewal = { id: sessionId, secretHash: hashSecret(sessionSecret), amr, now }
  if (!(await acts.sessions.renew(renewal))) throw sessionEnded('revoked')
  await record({ type: 'email.changed', ...about, detail: {} })
  await acts.addressBudgets.forgetBrowsers(email, now)
  await noteChange(gate, visit, acts, { account, newEmail: email })
  await endEverything(gate, acts, record, {
    accountId,
    exceptId: sessionId,
    because: 'revoked',
    from: visit.device,
  })
  return { ...session, email, amr, authTime: now, challenge: undefined }
}

const undoForMs = 7 * 86_400_000

async function noteChange(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  { account, newEmail }: { account: AccountRecord; newEmail: string },
): Promise<void> {
  const now = gate.clock.now()
  const id = createId('emc')
  const codeHash = gate.mailedCodes.hashOf(gate.mailedCodes.codeOf(id)) as SecretHash
  const change = { id, codeHash, accountId: account.id, oldEmail: account.email, newEmail }
  await acts.mailedCodes.noteEmailChange({ ...change, now, expiresAt: now + undoForMs })
  await tellOwner(acts, {
    to: account.email,
    kind: 'email_changed',
    challengeId: id,
    detail: { device: visit.device, usedAt: now, language: account.language },
    now,
    expiresAt: now + undoForMs,
  })
}

/**
 * Gives an account back to its old address, with the code from there. Whoever changed it is out: sessions, tokens and trusted
 * devices end, and the next step is a reset of the password.
 */
export async function undoEmailChange(gate: Gate, visit: Visit, code: string): Promise<{ email: string }> {
  const codeHash = gate.mailedCodes.hashOf(code)
  if (!codeHash) throw new Problem('mailed_code_invalid')
  const outcome = await decide(gate, visit, async (acts, record) => {
    const now = gate.clock.now()
    const change = await acts.mailedCodes.findEmailChange(codeHash)
    // Held first: a change that is being confirmed at this moment is undone with the others, or comes after and finds this done.
    const account = change && (await acts.accounts.holdAny(change.accountId))
    if (!account || !(await acts.mailedCodes.undoEmailChange(change.id, now))) {
      return new Problem('mailed_code_invalid')
    }
    const { oldEmail: email } = change
    // Kept for this as long as it could be undone; an operator's import alone can have given it away.
    if (!(await acts.accounts.setEmail(account.id, email))) throw new Problem('email_taken')
    await acts.addressBudgets.hold(email, now)
    await acts.addressBudgets.forgetBrowsers(email, now)
    await record({ type: 'email.change_undone', accountId: account.id, detail: {} })
    const which = { accountId: account.id, exceptId: '', because: 'revoked' as const, from: visit.device }
    await endEverything(gate, acts, record, which)
    const owner = { email, language: account.language }
    await sendNotice(acts, owner, { kind: 'email_change_undone', detail: { usedAt: now }, now })
    return { email }
  })
  if (outcome instanceof Problem) throw outcome
  gate.wakeMail()
  return outcome
}
