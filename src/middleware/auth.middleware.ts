import type { IncomingMessage } from 'node:http'
import { claimsStillHold } from '../flow/account-claims.ts'
import type { SessionState } from '../flow/session-state.ts'
import type { Caller } from '../flow/sessions.ts'
import { Problem } from '../problems/problem.ts'
import type { SessionRecord } from '../stores/session-record.ts'
import type { VerifiedToken } from '../tokens/access-token.ts'
import type { Exchange } from './exchange.ts'
import type { Form } from './read-form.ts'
import { requireVerifiedSession } from './session-guards.ts'

/**
 * The guards. A route names one, and its handler gets what the guard admitted. `reads` says what of the request is opened for
 * it, which is also what the API description says that the route needs.
 */
export type Guard<Admitted> = {
  name: string
  reads: 'nothing' | 'session' | 'token' | 'session or token' | 'client'
  /** @param form of a route that reads the client */
  admit: (exchange: Exchange, form?: Form) => Admitted | Promise<Admitted>
}

/** Somebody whose access token was checked and whose session is alive. */
export type TokenCaller = Caller & { email: string; amr: string[]; token: VerifiedToken }

export const allowAnyone: Guard<undefined> = { name: 'allowAnyone', reads: 'nothing', admit: () => undefined }

/** Anyone too, but the handler is told what session there is. */
export const allowAnySession: Guard<SessionState> = {
  name: 'allowAnySession',
  reads: 'session',
  admit: ({ session }) => session,
}

/** 403 when the token is missing, as the brief has it. */
export const requireAccessToken: Guard<TokenCaller> = {
  name: 'requireAccessToken',
  reads: 'token',
  admit: (exchange) => admitToken(exchange, bearerToken(exchange.req)),
}

/** 401 also when the token is missing: what reverse proxies understand (contract 3, /auth/check). */
export const requireAccessTokenOr401: Guard<TokenCaller> = {
  name: 'requireAccessTokenOr401',
  reads: 'token',
  admit(exchange) {
    try {
      return admitToken(exchange, bearerToken(exchange.req))
    } catch (reason) {
      if (!(reason instanceof Problem) || reason.code !== 'bearer_missing') throw reason
      throw new Problem('token_invalid', {
        ...reason.details,
        detail: 'No access token came with this request.',
      })
    }
  },
}

/** A cookie or a token; the token where both came, since it was sent on purpose. */
export const requireSessionOrToken: Guard<Caller> = {
  name: 'requireSessionOrToken',
  reads: 'session or token',
  admit(exchange) {
    if (exchange.req.headers.authorization !== undefined) return requireAccessToken.admit(exchange)
    return requireVerifiedSession.admit(exchange)
  },
}

function admitToken(exchange: Exchange, token: string): TokenCaller | Promise<TokenCaller> {
  const { gate, liveness } = exchange.web
  const verified = gate.accessTokens.verify(token)
  return verified instanceof Promise ? verified.then(admit) : admit(verified)

  function admit(known: VerifiedToken): TokenCaller | Promise<TokenCaller> {
    const session = liveness.check(known.sessionId)
    if (session instanceof Promise) return session.then((found) => toCaller(exchange, known, found))
    // A token that was seen less than a second ago is admitted without a turn of the event loop.
    if (!session || claimsStillHold(known.claims, session.claims)) return toCaller(exchange, known, session)
    // The token may be newer than what is remembered of its session: only what the store says now refuses it.
    liveness.forget(known.sessionId)
    return admit(known)
  }
}

function toCaller(exchange: Exchange, token: VerifiedToken, session: SessionRecord | undefined): TokenCaller {
  if (session && !claimsStillHold(token.claims, session.claims)) {
    throw new Problem('token_invalid', {
      cause: 'claims_changed',
      detail: 'The claims of the account have changed since this token was issued.',
      headers: challenge('invalid_token', 'the claims of the account have changed'),
    })
  }
  if (!session || session.accountId !== token.accountId) {
    throw new Problem('token_invalid', {
      cause: 'session_over',
      detail: 'The session of this token has ended.',
      headers: challenge('invalid_token', 'the session of this token has ended'),
    })
  }
  exchange.visit.flowId = session.flowId
  const { accountId, sessionId, amr } = token
  return { accountId, sessionId, amr, email: session.email ?? '', token }
}

/** The token of the one Authorization header (RFC 6750 2.1). Never one from the query or the body (ASVS 14.2.1). */
function bearerToken(req: IncomingMessage): string {
  const { authorization } = req.headers
  if (authorization === undefined) throw bearerMissing()
  if (countHeader(req, 'authorization') > 1) {
    throw new Problem('token_invalid', {
      detail: 'More than one Authorization header came with this request.',
      headers: challenge('invalid_request', 'more than one Authorization header'),
    })
  }
  const match = /^Bearer +([^\s]+)$/i.exec(authorization)
  if (!match) throw bearerMissing()
  return match[1] as string
}

function bearerMissing(): Problem {
  return new Problem('bearer_missing', { headers: { 'WWW-Authenticate': 'Bearer' } })
}

function challenge(error: string, description: string): Record<string, string> {
  return { 'WWW-Authenticate': `Bearer error="${error}", error_description="${description}"` }
}

export function countHeader(req: IncomingMessage, name: string): number {
  let count = 0
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    if (req.rawHeaders[index]?.toLowerCase() === name) count++
  }
  return count
}
