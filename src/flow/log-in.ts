import { Problem } from '../problems/problem.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Acts } from '../stores/stores.ts'
import { canonicalEmail } from '../utils/email.ts'
import { createId, createSecret, hashSecret } from '../utils/secret.ts'
import { decide, type Gate, type RecordEvent, tellOwner, type Visit } from './gate.ts'
import { type OtpView, otpView } from './otp-view.ts'
import { otpLocked } from './refusals.ts'
import type { Pending, SessionState } from './session-state.ts'

export type LoggedIn = { sessionSecret: string; session: Pending; otp: OtpView }

/**
 * The first door. A right password opens a pending session under a new id and puts a code into the outbox; whatever session
 * the browser had before ends, so that nothing of it is inherited (A-SESS-01).
 */
export async function logIn(
  gate: Gate,
  visit: Visit,
  input: { email: string; password: string },
  before: SessionState,
): Promise<LoggedIn> {
  const account = await verifyPassword(gate, visit, input)
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, async (acts, record) => {
    // Held until the end: somebody who is disabled, or whose password changes, at this moment gets no session (A-RACE-16).
    const held = await acts.accounts.hold(account.id)
    if (!held || held.passwordHash !== account.passwordHash) return invalidCredentials()
    if (held.codeTally.lockedUntil > gate.clock.now()) {
      await record({ type: 'login.refused', accountId: account.id, detail: { why: 'locked' } })
      return otpLocked(held.codeTally.lockedUntil, gate.clock.now())
    }
    if (await hasTooManyCodes(gate, acts, account.id)) {
      await record({ type: 'login.refused', accountId: account.id, detail: { why: 'too_many_codes' } })
      return tooManyCodes()
    }
    await endReplaced(gate, acts, record, before)
    const opened = await openPending(gate, visit, acts, held, sessionSecret)
    await record({
      type: 'login.accepted',
      accountId: account.id,
      sessionId: opened.session.sessionId,
      detail: {},
    })
    return opened
  })
  if (outcome instanceof Problem) throw outcome
  gate.wakeMail()
  return { sessionSecret, ...outcome }
}

async function verifyPassword(
  gate: Gate,
  visit: Visit,
  input: { email: string; password: string },
): Promise<AccountRecord> {
  const email = canonicalEmail(input.email)
  const account = email && (await gate.stores.read.accounts.findByEmail(email))
  // An unknown address costs the same hash, the same reads and the same write as a known one (ASVS 6.3.8).
  const verdict = account
    ? await gate.passwords.verify(account.passwordHash, input.password)
    : await gate.passwords.verifyNothing(input.password)
  if (account && verdict?.matches && account.disabledAt === null) {
    return verdict.needsRehash ? rehash(gate, account, input.password) : account
  }
  const why = !account ? 'unknown_address' : verdict?.matches ? 'disabled' : 'wrong_password'
  await decide(gate, visit, (_, record) =>
    record({ type: 'login.refused', accountId: account?.id, detail: { why } }),
  )
  throw invalidCredentials()
}

function invalidCredentials(): Problem {
  return new Problem('invalid_credentials')
}

/** The parameters were raised since this hash was made: only now is the password here to make a stronger one (ASVS 11.2.2). */
async function rehash(gate: Gate, account: AccountRecord, password: string): Promise<AccountRecord> {
  const passwordHash = await gate.passwords.hash(password)
  await gate.stores.atomically(({ accounts }) =>
    accounts.replaceHash(account.id, account.passwordHash, passwordHash),
  )
  return { ...account, passwordHash }
}

const hourMs = 3_600_000

/** Only somebody with the password gets here, so this protects a mailbox and the store and lets no stranger lock anybody out. */
async function hasTooManyCodes(gate: Gate, acts: Acts, accountId: string): Promise<boolean> {
  const { loginsPerHour } = gate.rules
  if (loginsPerHour === undefined) return false
  return (await acts.challenges.countSince(accountId, gate.clock.now() - hourMs)) >= loginsPerHour
}

function tooManyCodes(): Problem {
  return new Problem('rate_limited', {
    detail: 'Too many codes were sent to this account within an hour.',
    cause: 'codes_of_account',
    retryAfterSeconds: 600,
  })
}

async function endReplaced(gate: Gate, acts: Acts, record: RecordEvent, before: SessionState): Promise<void> {
  // One that ran into its idle limit may still have a refresh token that is good: it ends here too.
  if (before.stage === 'anonymous') return
  if (!(await acts.sessions.end(before.sessionId, 'replaced', gate.clock.now()))) return
  const { accountId, sessionId } = before
  await record({ type: 'session.ended', accountId, sessionId, detail: { because: 'replaced' } })
}

async function openPending(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  account: AccountRecord,
  sessionSecret: string,
) {
  const now = gate.clock.now()
  const { otpTtlMs, codeBudget } = gate.rules
  const challenge = {
    id: createId('chl'),
    now,
    expiresAt: now + otpTtlMs,
    attempts: codeBudget.attemptsPerLogin,
  }
  await acts.challenges.open({ ...challenge, accountId: account.id })
  await tellOwner(acts, {
    to: account.email,
    kind: 'login_code',
    challengeId: challenge.id,
    detail: { device: visit.device, askedAt: now },
    now,
    expiresAt: challenge.expiresAt,
  })
  const session = pendingSession(gate, visit, account, challenge.id)
  await acts.sessions.open({
    ...session,
    id: session.sessionId,
    secretHash: hashSecret(sessionSecret),
    amr: ['pwd'],
    authTime: now,
    device: visit.device,
    address: visit.address,
    now,
    idleExpiresAt: session.expiresAt,
  })
  const { expiresAt, attempts: attemptsLeft } = challenge
  return { session, otp: otpView(gate, account.email, { expiresAt, sentAt: now, attemptsLeft }) }
}

function pendingSession(gate: Gate, visit: Visit, account: AccountRecord, challengeId: string): Pending {
  return {
    stage: 'otp_pending',
    sessionId: createId('ses'),
    flowId: visit.flowId,
    accountId: account.id,
    email: account.email,
    challengeId,
    // It outlives its code for as long again, so that its owner can be told that the code has expired.
    expiresAt: gate.clock.now() + 2 * gate.rules.otpTtlMs,
  }
}
