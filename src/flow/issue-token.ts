import { createRefreshFamily } from '../tokens/refresh-token.ts'
import { readClaims } from './account-claims.ts'
import { decide, type Gate, type Visit } from './gate.ts'
import { sessionEnded } from './refusals.ts'
import type { Verified } from './session-state.ts'

/** The answer of a token endpoint (RFC 6749 5.1, in this API's spelling). Lifetimes in seconds. */
export type TokenAnswer = {
  accessToken: string
  tokenType: 'Bearer'
  expiresIn: number
  refreshToken?: string
  refreshExpiresIn?: number
}

/**
 * Exchanges a verified session for an access token, and for the live token of its one refresh family when asked. Asked again,
 * the family gives the same token: however often and however parallel, a session has one (A-RACE-17).
 *
 * An access token leaves nothing in the store, so its event goes to the log only; a refresh token does, and is audited.
 */
export async function issueToken(
  gate: Gate,
  visit: Visit,
  session: Verified,
  wanted: { refresh: boolean },
): Promise<TokenAnswer> {
  const { accountId, sessionId, amr, authTime: authTimeMs } = session
  const claims = readClaims(session.claims)
  const issued = await gate.accessTokens.issue({ accountId, sessionId, amr, authTimeMs, claims })
  const about = { accountId, sessionId, flowId: visit.flowId }
  gate.events.emit({ type: 'token.issued', at: gate.clock.now(), ...about, detail: { jti: issued.jti } })
  return { ...accessAnswer(issued), ...(wanted.refresh ? await grantRefresh(gate, visit, session) : {}) }
}

async function grantRefresh(gate: Gate, visit: Visit, session: Verified) {
  const now = gate.clock.now()
  const grant = {
    id: session.sessionId,
    family: createRefreshFamily(),
    now,
    expiresAt: now + gate.rules.refreshTtlMs,
  }
  const refresh = await decide(gate, visit, async (acts, record) => {
    const granted = await acts.refreshFamilies.grant(grant)
    if (!granted) return (await acts.sessions.find(session.sessionId))?.refresh
    await record({
      type: 'refresh.granted',
      accountId: session.accountId,
      sessionId: session.sessionId,
      detail: { generation: 1 },
    })
    return granted.refresh
  })
  if (!refresh) throw sessionEnded('revoked')
  return refreshAnswer(gate, refresh)
}

export function accessAnswer(issued: { accessToken: string; expiresInSeconds: number }) {
  return { accessToken: issued.accessToken, tokenType: 'Bearer' as const, expiresIn: issued.expiresInSeconds }
}

export function refreshAnswer(
  gate: Gate,
  refresh: { family: string; generation: number; expiresAt: number },
) {
  return {
    refreshToken: gate.refreshTokens.write(refresh.family, refresh.generation),
    refreshExpiresIn: Math.max(0, Math.floor((refresh.expiresAt - gate.clock.now()) / 1_000)),
  }
}
