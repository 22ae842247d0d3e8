import { createRefreshFamily } from '../tokens/refresh-token.ts'
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
 */
export async function issueToken(
  gate: Gate,
  visit: Visit,
  session: Verified,
  wanted: { refresh: boolean },
): Promise<TokenAnswer> {
  const now = gate.clock.now()
  const issued = await gate.accessTokens.issue({ ...session, authTimeMs: session.authTime })
  const family = wanted.refresh ? createRefreshFamily() : ''
  const refresh = await decide(gate, visit, async (acts, record) => {
    const about = { accountId: session.accountId, sessionId: session.sessionId }
    await record({ type: 'token.issued', ...about, detail: { jti: issued.jti, refresh: wanted.refresh } })
    if (!wanted.refresh) return undefined
    const grant = { id: session.sessionId, family, now, expiresAt: now + gate.rules.refreshTtlMs }
    const granted = await acts.sessions.grantRefresh(grant)
    if (!granted?.refresh) throw sessionEnded('revoked')
    return granted.refresh
  })
  return { ...accessAnswer(issued), ...(refresh ? refreshAnswer(gate, refresh) : {}) }
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
