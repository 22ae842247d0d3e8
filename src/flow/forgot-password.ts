import { createSecret } from '../utils/secret.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { openStrangersChallenge } from './open-challenge.ts'
import { endReplaced, openPending } from './open-session.ts'
import { readEmail } from './read-email.ts'
import type { PendingWithCode } from './register.ts'
import type { SessionState } from './session-state.ts'

/**
 * Asks for a code that resets the password. Every address gets the same answer for the same work; a mail leaves only to one with
 * an account, after the request (A-ENUM-04). The session belongs to nobody until its code is right.
 */
export async function forgotPassword(
  gate: Gate,
  visit: Visit,
  input: { email: string },
  before: SessionState,
): Promise<PendingWithCode> {
  const email = readEmail(input.email, 'email')
  const sessionSecret = createSecret()
  const outcome = await decide(gate, visit, async (acts, record) => {
    await endReplaced(gate, acts, record, before)
    const account = await acts.accounts.findByEmail(email)
    const usable = account && account.disabledAt === null ? account : undefined
    const challenge = await openStrangersChallenge(gate, visit, acts, {
      purpose: 'reset',
      accountId: usable?.id ?? null,
      email,
      kind: usable ? 'reset_code' : undefined,
    })
    const about = { purpose: 'reset' as const, accountId: null, email: null }
    const session = await openPending(gate, visit, acts, {
      ...about,
      challengeId: challenge.id,
      sessionSecret,
    })
    await record({ type: 'reset.asked', accountId: usable?.id, sessionId: session.sessionId, detail: {} })
    return { session, otp: challenge.otp }
  })
  gate.wakeMail()
  return { sessionSecret, ...outcome }
}
