import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Problem, type ProblemDetails } from '../problems/problem.ts'
import { countHeader, type Guard } from './auth.middleware.ts'
import type { Exchange } from './exchange.ts'
import { decode, type Form, invalidForm } from './read-form.ts'

/** The services of CLIENTS. */
export type Clients = {
  count: number
  /** Takes the same time for an unknown id and a wrong secret. */
  has(id: string, secret: string): boolean
}

export type KnownClient = { clientId: string }

export function createClients(list: { id: string; secret: string }[]): Clients {
  const digests = new Map(list.map(({ id, secret }) => [id, digest(secret)]))
  // Nobody knows a secret that fits it.
  const nobody = randomBytes(32)
  return {
    count: list.length,
    has(id, secret) {
      const known = digests.get(id)
      return timingSafeEqual(digest(secret), known ?? nobody) && known !== undefined
    },
  }
}

/** A service of CLIENTS, by client_secret_basic or client_secret_post (RFC 6749 2.3.1). The form has been read for it. */
export const requireClient: Guard<KnownClient> = {
  name: 'requireClient',
  reads: 'client',
  admit({ req, web }, form) {
    const claim = claimOf(req, form ?? {})
    if (claim.kind === 'several') throw invalidForm('', 'The request says in two ways which client it is.')
    if (web.clients.count === 0) throw refused('no_clients')
    if (claim.kind !== 'client')
      throw refused(claim.kind === 'none' ? 'no_client_secret' : 'unreadable_basic')
    if (!web.clients.has(claim.id, claim.secret)) throw refused('wrong_client_secret')
    return { clientId: claim.id }
  },
}

/**
 * The id that comes with a secret that is not right, or without one; `undefined` where it is right. Only wrong ones are counted
 * against the limits: their secrets are too long to be guessed, so the limits hold the noise down, and no stranger's noise may
 * keep the right secret out.
 */
export function wrongClientOf({ req, web }: Exchange, form: unknown): string | undefined {
  const claim = claimOf(req, form as Form)
  if (claim.kind !== 'client') return ''
  return web.clients.has(claim.id, claim.secret) ? undefined : claim.id
}

type Claim = { kind: 'none' | 'unreadable' | 'several' } | { kind: 'client'; id: string; secret: string }

function claimOf(req: IncomingMessage, { client_id: id, client_secret: secret }: Form): Claim {
  const { authorization } = req.headers
  if (authorization !== undefined) {
    if (secret !== undefined) return { kind: 'several' }
    const basic = countHeader(req, 'authorization') > 1 ? undefined : readBasic(authorization)
    if (!basic) return { kind: 'unreadable' }
    // Some clients repeat their id in the form; another one is another client.
    return id !== undefined && id !== basic.id ? { kind: 'several' } : { kind: 'client', ...basic }
  }
  if (typeof id !== 'string' || typeof secret !== 'string') return { kind: 'none' }
  return { kind: 'client', id, secret }
}

/** Both parts are form-encoded before they are put together: RFC 6749 2.3.1, other than in RFC 7617. */
function readBasic(header: string): { id: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  const [id, secret] = [decode(text.slice(0, colon)), decode(text.slice(colon + 1))]
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

function refused(cause: NonNullable<ProblemDetails['cause']>): Problem {
  return new Problem('client_invalid', {
    cause,
    headers: { 'WWW-Authenticate': 'Basic realm="Sallyport", charset="UTF-8"' },
    extra: { error: 'invalid_client', error_description: 'The client is not known here.' },
  })
}

function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
