import { Problem } from '../problems/problem.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { refuseCode } from './log-in.ts'
import { mailCode, openChallenge } from './open-challenge.ts'
import type { OtpView } from './otp-view.ts'
import { sessionEnded } from './refusals.ts'
import type { Verified } from './session-state.ts'

/** Sends a code to a session that is verified already; verifying it makes its `auth_time` recent (ASVS 7.5.3). */
export async function stepUp(gate: Gate, visit: Visit, session: Verified): Promise<OtpView> {
  const { accountId, sessionId } = session
  const outcome = await decide(gate, visit, async (acts, record) => {
    const account = await acts.accounts.hold(accountId)
    if (!account) return sessionEnded('disabled')
    const refusal = await refuseCode(gate, acts, account)
    if (refusal) return refusal
    const asked = { purpose: 'step_up' as const, accountId, email: null, details: {} }
    const challenge = await openChallenge(gate, acts, { ...asked, destination: account.email })
    const waits = { id: challenge.id, purpose: 'step_up' as const }
    if (!(await acts.sessions.await(sessionId, waits, gate.clock.now()))) throw sessionEnded('revoked')
    await mailCode(gate, visit, acts, { account, kind: 'step_up_code', challengeId: challenge.id })
    await record({ type: 'step_up.asked', accountId, sessionId, detail: {} })
    return challenge.otp
  })
  if (outcome instanceof Problem) throw outcome
  gate.wakeMail()
  return outcome
}
