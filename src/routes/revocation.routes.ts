import { z } from 'zod'
import { introspect } from '../flow/introspect.ts'
import { revokeToken } from '../flow/revoke-token.ts'
import { allowAnyone } from '../middleware/auth.middleware.ts'
import { requireClient } from '../middleware/client-credentials.ts'
import { Problem } from '../problems/problem.ts'
import { limits } from './limits.ts'
import { type Route, route } from './route.ts'
import { clientTokenForm, introspectionShape } from './shapes.ts'

const clientLimits = [limits.client, limits.clientId]

/** How other services learn that a token is dead, and how they end one. */
export const revocationRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/auth/revocations',
    summary: 'What has ended lately, signed: for APIs that verify tokens by themselves',
    guard: allowAnyone,
    query: {
      since: 'The cursor `next` of the last statement, in milliseconds; without one, all that may matter',
    },
    answers: {
      status: 200,
      description: 'A JWS of the type revocations+jwt: digests of sessions, kids of revoked keys',
      shape: z.string(),
      type: 'application/jwt',
    },
    refuses: ['invalid_request', 'service_unavailable'],
    async handle({ exchange }) {
      const body = await exchange.web.revocations.since(cursorOf(exchange.req.url ?? ''))
      const headers = { 'Cache-Control': 'public, max-age=1', 'Access-Control-Allow-Origin': '*' }
      return { status: 200, type: 'application/jwt', body, headers }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/introspect',
    summary: 'What a token is worth now (RFC 7662), for services of CLIENTS',
    guard: requireClient,
    limits: clientLimits,
    body: clientTokenForm,
    answers: {
      status: 200,
      description: 'Whether it is active, and what it says',
      shape: introspectionShape,
    },
    refuses: ['service_unavailable'],
    async handle({ exchange, body }) {
      const { gate, publicUrl: issuer, explaining } = exchange.web
      return {
        status: 200,
        body: await introspect(gate, { issuer, audience: explaining.audience }, body.token),
      }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/revoke',
    summary: 'End the session of a token (RFC 7009), for services of CLIENTS',
    guard: requireClient,
    limits: clientLimits,
    body: clientTokenForm,
    answers: { status: 200, description: 'It is over, or there never was one; the body is empty' },
    refuses: ['service_unavailable'],
    async handle({ exchange, visit, caller, body }) {
      await revokeToken(exchange.web.gate, visit, caller.clientId, body.token)
      return { status: 200 }
    },
  }),
]

/** Milliseconds. `undefined` where the query names none. */
function cursorOf(url: string): number | undefined {
  const at = url.indexOf('?')
  const given = at === -1 ? [] : new URLSearchParams(url.slice(at)).getAll('since')
  const [text] = given
  if (text === undefined) return undefined
  if (given.length === 1 && /^\d{1,15}$/.test(text)) return Number(text)
  const message = 'since is one cursor of an earlier statement: a whole number of milliseconds.'
  throw new Problem('invalid_request', { detail: message, extra: { errors: [{ path: ['since'], message }] } })
}
