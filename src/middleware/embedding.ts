import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { Verified } from '../flow/session-state.ts'
import { type Guard, requireAccessToken } from './auth.middleware.ts'
import { answerInTime } from './deadline.ts'
import type { Exchange, Web } from './exchange.ts'
import { refuseCrossSite } from './origin.ts'
import { requireRecentVerification, requireVerifiedSession } from './session-guards.ts'
import { openVisit } from './visit.ts'

/** What a guard leaves on a request of an embedding application. */
export type Auth = {
  accountId: string
  sessionId: string
  email: string
  amr: string[]
  claims?: Record<string, unknown>
}

declare global {
  namespace Express {
    interface Request {
      auth?: Auth
    }
  }
}

/** The guards as Express middleware for an application's own routes. They answer refusals themselves. */
export function createEmbeddedGuards(web: Web): {
  requireAccessToken: RequestHandler
  requireSession: RequestHandler
  requireRecentVerification: RequestHandler
} {
  return {
    requireAccessToken: guardHandler(
      web,
      requireAccessToken,
      async ({ accountId, sessionId, email, amr, token }) => ({
        accountId,
        sessionId,
        email,
        amr,
        claims: token.claims,
      }),
    ),
    requireSession: guardHandler(web, requireVerifiedSession, async (session) => authOf(session)),
    requireRecentVerification: guardHandler(web, requireRecentVerification, async (session) =>
      authOf(session),
    ),
  }
}

function authOf({ accountId, sessionId, email, amr }: Verified): Auth {
  return { accountId, sessionId, email, amr }
}

function guardHandler<Admitted>(
  web: Web,
  guard: Guard<Admitted>,
  toAuth: (admitted: Admitted) => Promise<Auth>,
): RequestHandler {
  return async (req: Request, res: Response, next: NextFunction) => {
    const exchange: Exchange = {
      web,
      req,
      res,
      path: req.path,
      params: {},
      visit: openVisit(req, web),
      session: { stage: 'anonymous' },
    }
    await answerInTime(exchange, async () => {
      if (guard.reads === 'session') {
        // A cookie comes along by itself, so where the request comes from matters; a token is sent on purpose.
        refuseCrossSite(req, web)
        exchange.session = await web.sessions.lend(req, res)
      }
      req.auth = await toAuth(await guard.admit(exchange))
    })
    // Whoever was refused, or waited too long, has been answered.
    if (req.auth && !res.headersSent) next()
  }
}
