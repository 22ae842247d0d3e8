import { Problem } from '../problems/problem.ts'
import type { Acts } from '../stores/stores.ts'
import { createSecret } from '../utils/secret.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { openStrangersChallenge } from './open-challenge.ts'
import { endReplaced, openPending } from './open-session.ts'
import type { OtpView } from './otp-view.ts'
import { readEmail } from './read-email.ts'
import type { Pending, SessionState } from './session-state.ts'

export type PendingWithCode = { sessionSecret: string; session: Pending; otp: OtpView }

/**
 * Asks for an account. It exists only once the code is verified: until then all of it, the password's hash included, lives in
 * the challenge. A taken address gets the same answer, for the same work, and its owner a notice (A-ENUM-03).
 */
export async function register(
  gate: Gate,
  visit: Visit,
  input: { email: string; password: string; invitation?: string | undefined },
  before: SessionState,
): Promise<PendingWithCode> {
  const email = readEmail(input.email, 'email')
  refuseWithoutInvitation(gate, input.invitation)
  await gate.policy.check(input.password, { email })
  const passwordHash = await gate.passwords.hash(input.password)
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, async (acts, record) => {
    const invitationId = await findInvitation(gate, acts, email, input.invitation)
    if (input.invitation !== undefined && !invitationId) return new Problem('mailed_code_invalid')
    await endReplaced(gate, acts, record, before)
    const isTaken = await acts.mailedCodes.isAddressTaken(email, '', gate.clock.now())
    const details = { passwordHash, ...(invitationId ? { invitationId } : {}) }
    const challenge = await openStrangersChallenge(gate, visit, acts, {
      purpose: 'registration',
      accountId: null,
      email,
      details: isTaken ? {} : details,
      kind: isTaken ? 'address_taken' : 'registration_code',
    })
    const about = { purpose: 'registration' as const, accountId: null, email: null }
    const session = await openPending(gate, visit, acts, {
      ...about,
      challengeId: challenge.id,
      sessionSecret,
    })
    await record({ type: 'registration.asked', sessionId: session.sessionId, detail: { isTaken } })
    return { session, otp: challenge.otp }
  })
  gate.wakeMail()
  if (outcome instanceof Problem) throw outcome
  return { sessionSecret, ...outcome }
}

function refuseWithoutInvitation({ rules }: Gate, invitation: string | undefined): void {
  if (rules.registration === 'open') return
  if (rules.registration === 'invite' && invitation !== undefined) return
  const cause = rules.registration === 'invite' ? 'invitation_missing' : 'closed'
  throw new Problem('registration_closed', { cause })
}

async function findInvitation(gate: Gate, acts: Acts, email: string, code: string | undefined) {
  const hash = code === undefined ? undefined : gate.mailedCodes.hashOf(code)
  return hash && acts.mailedCodes.findInvitation(hash, email, gate.clock.now())
}
