import type { TokenProblem } from './problem.ts'

/** Who calls, as a good token says it. */
export type Auth = {
  /** The account. With the issuer it names somebody for good; an address does not. */
  sub: string
  /** Handle of the session. */
  sid: string
  jti: string
  /** How the login was made, such as `['pwd', 'otp']` (RFC 8176). */
  amr: string[]
  /** When the login was verified: seconds since the epoch, like `exp`. */
  authTime: number
  exp: number
  /** The account's own claims. */
  claims: Record<string, unknown>
  /** The token itself, to hand it on to another API of the same audience. */
  token: string
}

export type TokenResult = { ok: true; auth: Auth } | { ok: false; problem: TokenProblem }

/**
 * What a guard left on the request (`req.auth`), for code whose types don't know of it: Fastify, plain node:http, or a project in which
 * another library has claimed the type of `req.auth` in Express.
 *
 * @throws Error when no guard stands before this handler
 */
export function authOf(request: object): Auth {
  const { auth } = request as { auth?: Partial<Auth> }
  if (typeof auth?.sid === 'string' && typeof auth.token === 'string') return auth as Auth
  throw new Error('No token guard ran before this handler: put requireToken() in front of it.')
}
