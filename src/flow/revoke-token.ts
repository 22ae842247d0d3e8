import type { Acts } from '../stores/stores.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { type PresentedToken, readPresented } from './presented-token.ts'

/**
 * Ends the session of a token, at the word of a service that was registered for it (RFC 7009): its refresh family and every access
 * token of it with it, since both live in the session. Of an unknown token, one that has expired and one whose session has ended
 * there is nothing left to revoke, which is what was asked for.
 *
 * An old refresh token of a living family ends it too: it is genuine, and whoever sends it here wants that login to be over, be it
 * a client that lost the last answer or one that found a stolen token. That is no use of the token, so it is no alarm of reuse.
 * One statement ends the session, and a refresh is one too: whichever comes first, no successor outlives this (RFC 9700 4.14.2).
 */
export async function revokeToken(gate: Gate, visit: Visit, clientId: string, text: string): Promise<void> {
  const presented = await readPresented(gate, text)
  if (!presented) return
  await decide(gate, visit, async (acts, record) => {
    const now = gate.clock.now()
    const session = await sessionOf(acts, presented, now)
    if (!session) return
    const { accountId, sessionId } = session
    const ids = await acts.sessions.endOneOf(accountId, sessionId, 'revoked', now, clientId)
    if (ids.length === 0) return
    const detail = { because: 'revoked' as const, client: clientId }
    await record({ type: 'session.ended', accountId, sessionId, detail })
  })
}

async function sessionOf(
  acts: Acts,
  presented: PresentedToken,
  now: number,
): Promise<{ accountId: string; sessionId: string } | undefined> {
  if (presented.kind === 'access') return presented.token
  const session = await acts.refreshFamilies.find(presented.family)
  if (!session?.refresh || session.accountId === null || session.refresh.expiresAt <= now) return undefined
  return { accountId: session.accountId, sessionId: session.id }
}
