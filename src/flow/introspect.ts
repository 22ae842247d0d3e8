import { tokenClientId, type VerifiedToken } from '../tokens/token-claims.ts'
import { claimsStillHold } from './account-claims.ts'
import type { Gate } from './gate.ts'
import { type PresentedToken, readPresented } from './presented-token.ts'
import { isInGrace } from './rotate-refresh.ts'
import { isAliveForTokens } from './session-state.ts'

/** The answer of RFC 7662 2.2. Times in seconds; beside these members the account's own claims. */
export type Introspection =
  | { active: false }
  | {
      active: true
      token_type: 'Bearer' | 'refresh_token'
      iss: string
      sub: string
      sid: string
      client_id: string
      exp: number
      auth_time: number
      amr: string[]
      aud?: string
      jti?: string
      iat?: number
    }

/**
 * What a token is worth now, asked of the store and not of what is remembered. Of one that is worth nothing nothing is told, not
 * even why (RFC 7662 2.2). It is looked at and not used: an old refresh token ends nothing here.
 */
export async function introspect(
  gate: Gate,
  parties: { issuer: string; audience: string },
  text: string,
): Promise<Introspection> {
  const presented = await readPresented(gate, text)
  if (!presented) return { active: false }
  const told =
    presented.kind === 'access'
      ? await tellAccess(gate, parties, presented.token)
      : await tellRefresh(gate, parties, presented)
  return told ?? { active: false }
}

async function tellAccess(
  gate: Gate,
  { issuer: iss, audience: aud }: { issuer: string; audience: string },
  token: VerifiedToken,
): Promise<Introspection | undefined> {
  const session = await gate.stores.read.sessions.find(token.sessionId)
  if (!session || session.accountId !== token.accountId) return undefined
  if (!isAliveForTokens(session, gate.clock.now())) return undefined
  if (!claimsStillHold(token.claims, session.claims)) return undefined
  return {
    ...token.claims,
    active: true,
    token_type: 'Bearer',
    iss,
    aud,
    sub: token.accountId,
    sid: token.sessionId,
    jti: token.jti,
    client_id: tokenClientId,
    iat: token.issuedAt,
    exp: token.expiresAt,
    auth_time: token.authTime,
    amr: token.amr,
  }
}

async function tellRefresh(
  gate: Gate,
  { issuer: iss }: { issuer: string },
  { family, generation }: Extract<PresentedToken, { kind: 'refresh' }>,
): Promise<Introspection | undefined> {
  const now = gate.clock.now()
  const session = await gate.stores.read.refreshFamilies.find(family)
  if (!session?.refresh || session.accountId === null || !isAliveForTokens(session, now)) return undefined
  const { refresh } = session
  // As /auth/refresh would take it: the live one, and its predecessor for a while.
  const isRepeated =
    generation === refresh.generation - 1 && isInGrace(refresh, now, gate.rules.refreshGraceMs)
  if (refresh.expiresAt <= now || (generation !== refresh.generation && !isRepeated)) return undefined
  return {
    active: true,
    token_type: 'refresh_token',
    iss,
    sub: session.accountId,
    sid: session.id,
    client_id: tokenClientId,
    exp: Math.floor(refresh.expiresAt / 1_000),
    auth_time: Math.floor(session.authTime / 1_000),
    amr: session.amr,
  }
}
