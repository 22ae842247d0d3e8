import { endOtherSessions, endSession, listSessions } from '../flow/sessions.ts'
import { requireSessionOrToken } from '../middleware/auth.middleware.ts'
import { Problem } from '../problems/problem.ts'
import { type Route, route } from './route.ts'
import { sessionListShape } from './shapes.ts'

/** The sessions of one's own account. */
export const sessionsRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/auth/sessions',
    summary: 'List the sessions of this account',
    guard: requireSessionOrToken,
    answers: { status: 200, description: 'The sessions, last used first', shape: sessionListShape },
    async handle({ exchange, caller }) {
      return { status: 200, body: { sessions: await listSessions(exchange.web.gate, caller) } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/auth/sessions',
    summary: 'End all other sessions of this account',
    guard: requireSessionOrToken,
    answers: { status: 204, description: 'Only this session is left' },
    async handle({ exchange, visit, caller }) {
      await endOtherSessions(exchange.web.gate, visit, caller)
      return { status: 204 }
    },
  }),
  route({
    method: 'DELETE',
    path: '/auth/sessions/:id',
    summary: 'End one session of this account',
    guard: requireSessionOrToken,
    answers: { status: 204, description: 'The session has ended' },
    refuses: ['not_found'],
    async handle({ exchange, visit, caller, params }) {
      const { id = '' } = params
      if (!/^ses_[\w-]{22}$/.test(id))
        throw new Problem('not_found', { detail: 'You have no session with this id.' })
      await endSession(exchange.web.gate, visit, caller, id)
      return { status: 204 }
    },
  }),
]
