import type { IncomingMessage } from 'node:http'
import type { DevInbox } from '../mail/dev-inbox.ts'
import type { Guard } from '../middleware/auth.middleware.ts'
import { Problem } from '../problems/problem.ts'
import { parseDuration } from '../utils/duration.ts'
import { type Route, route } from './route.ts'

/**
 * Only a process on this machine, that came here by this machine's name, without a proxy in between. The name closes the door to
 * pages that rebind their DNS to loopback (ux.md 3.4).
 */
const requireLoopback: Guard<undefined> = {
  name: 'requireLoopback',
  reads: 'nothing',
  admit({ req }) {
    if (!isLocal(req)) throw new Problem('not_found')
    return undefined
  },
}

/** The inbox of codes, for people and for end-to-end tests. Wired in development only; everywhere else it is an ordinary 404. */
export function devRoutes(inbox: DevInbox): Route[] {
  return [
    route({
      method: 'GET',
      path: '/_dev/inbox',
      summary: 'The last mails, newest first',
      guard: requireLoopback,
      answers: { status: 200, description: 'Mails' },
      handle: ({ exchange }) => ({
        status: 200,
        body: { mails: inbox.list(query(exchange.req).get('to') ?? undefined) },
      }),
    }),
    route({
      method: 'GET',
      path: '/_dev/inbox/latest',
      summary: 'The newest mail to an address; waits for one',
      guard: requireLoopback,
      answers: { status: 200, description: 'The mail' },
      async handle({ exchange }) {
        const asked = query(exchange.req)
        const to = asked.get('to')
        // Longer than a request may take here would end in its deadline.
        const waitMs = Math.min(parseDuration(asked.get('wait') ?? '0s') ?? 0, 4_500)
        const mail = await inbox.latest({ ...(to ? { to } : {}), waitMs })
        if (!mail) throw new Problem('not_found', { detail: 'No mail has come for this address.' })
        return { status: 200, body: mail }
      },
    }),
  ]
}

function query(req: IncomingMessage): URLSearchParams {
  return new URL(req.url ?? '/', 'http://localhost').searchParams
}

function isLocal(req: IncomingMessage): boolean {
  const peer = req.socket.remoteAddress ?? ''
  const loopbackPeer = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/.test(peer)
  const host = /^(localhost|127\.0\.0\.1|\[::1\])(:(\d+))?$/.exec(req.headers.host ?? '')
  const ownPort = host !== null && Number(host[3] ?? 80) === req.socket.localPort
  const proxied = /^(forwarded|via|x-forwarded-.*|x-real-ip|cf-connecting-ip)$/
  const forwarded = Object.keys(req.headers).some((name) => proxied.test(name))
  return loopbackPeer && ownPort && !forwarded
}
