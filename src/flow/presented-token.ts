import { Problem } from '../problems/problem.ts'
import type { VerifiedToken } from '../tokens/token-claims.ts'
import type { Gate } from './gate.ts'

/** A token of ours of either kind, its signature and times checked; not whether its session lives. */
export type PresentedToken =
  | { kind: 'access'; token: VerifiedToken }
  | { kind: 'refresh'; family: string; generation: number }

/**
 * `undefined` for what is no token of ours, or has expired. Which kind it is can be seen: a hint of the caller (`token_type_hint`)
 * is not needed. Rejects only where it could not be decided, as while the store does not answer.
 */
export async function readPresented(
  { accessTokens, refreshTokens }: Gate,
  text: string,
): Promise<PresentedToken | undefined> {
  const refresh = refreshTokens.read(text)
  if (refresh) return { kind: 'refresh', ...refresh }
  try {
    return { kind: 'access', token: await accessTokens.verify(text) }
  } catch (reason) {
    if (reason instanceof Problem && /^token_(invalid|expired)$/.test(reason.code)) return undefined
    throw reason
  }
}
