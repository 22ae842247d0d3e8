/** `@sallyport/verify`: guards an API with the access tokens of Sallyport. The root is for Express 5, the other entries for others. */
import type { TokenResult } from './auth.ts'
import { type GuardOptions, rememberedVerifier } from './guard.ts'

export type { Auth, TokenResult } from './auth.ts'
export { authOf } from './auth.ts'
export type { ExpressMiddleware, ExpressOptions, ExpressRequest, ExpressResponse } from './express.ts'
export { optionalToken, requireToken } from './express.ts'
export type { Fetch } from './fetch-document.ts'
export type { GuardOptions } from './guard.ts'
export type { VerifyOptions } from './options.ts'
export type { ClaimRules, ClaimTest } from './policy.ts'
export type { TokenProblem } from './problem.ts'
export type { ProblemCode } from './refusal.ts'
export type { Secret } from './secret-keys.ts'
export { createVerifier, type Verifier } from './verifier.ts'

/**
 * A token that came some other way than in a header, such as over a queue. Give it the same options object each time.
 *
 * @throws TypeError when an option is wrong; a bad token is a result
 */
export async function verifyToken(token: string, options: GuardOptions): Promise<TokenResult> {
  return rememberedVerifier(options).verify(token)
}
