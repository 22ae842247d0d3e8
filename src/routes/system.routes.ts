import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Answer } from '../middleware/answer.ts'
import { allowAnyone } from '../middleware/auth.middleware.ts'
import type { SurroundingNotice } from '../middleware/surroundings.ts'
import { catalogue, type ProblemCode } from '../problems/catalogue.ts'
import { codePage } from '../problems/code-page.ts'
import { Problem } from '../problems/problem.ts'
import { type Route, route } from './route.ts'

export type SystemState = {
  /** `iss` of the tokens. */
  issuer: string
  /** What the links to our own routes begin with. */
  linkBase: string
  jwks: () => { keys: unknown[] }
  /** Before the keys are given to whoever calls itself so. Never rejects. */
  noteKeyReader: (name: string | undefined) => Promise<boolean>
  /** Seconds that a verifier may keep the keys. */
  jwksMaxAgeSeconds: number
  /** Seconds that a cache may go on with them then, while it asks for newer ones. */
  jwksStaleSeconds: number
  /** Names of the dependencies that don't answer. */
  failing: () => Promise<string[]>
  /** What is wrong around this server, such as a proxy that is not trusted. */
  notices: () => SurroundingNotice[]
  /** Services are registered that may introspect and revoke tokens. */
  hasClients: boolean
  describeApi: () => unknown
}

const readyShape = z.object({ status: z.literal('ready'), notices: z.array(z.string()).optional() })
const anyShape = z.record(z.string(), z.unknown())

/** What machines ask: verifiers, load balancers, people who look for the meaning of a refusal. */
export function systemRoutes(system: SystemState): Route[] {
  return [
    route({
      method: 'GET',
      path: '/.well-known/jwks.json',
      summary: 'The public keys of the access tokens (RFC 7517)',
      guard: allowAnyone,
      answers: { status: 200, description: 'Empty while JWT_SECRET signs the tokens', shape: anyShape },
      handle: ({ exchange }) => giveKeys(system, exchange.req),
    }),
    ...['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'].map((path) =>
      route({
        method: 'GET',
        path,
        summary: 'Metadata for verifiers (RFC 8414)',
        guard: allowAnyone,
        answers: { status: 200, description: 'Issuer and key address', shape: anyShape },
        handle: ({ exchange }) => publicDocument(metadata(system), system, exchange.req),
      }),
    ),
    route({
      method: 'GET',
      path: '/openapi.json',
      summary: 'This API in OpenAPI 3.1',
      guard: allowAnyone,
      answers: { status: 200, description: 'The description', shape: anyShape },
      handle: () => ({ status: 200, body: system.describeApi() }),
    }),
    route({
      method: 'GET',
      path: '/problems/:code',
      summary: 'The page of a refusal',
      guard: allowAnyone,
      answers: { status: 200, description: 'What it means and how to get past it (HTML)' },
      refuses: ['not_found'],
      handle: ({ params }) => problemAnswer(params.code ?? ''),
    }),
    ...healthRoutes(system),
  ]
}

function healthRoutes(system: SystemState): Route[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the process lives',
      guard: allowAnyone,
      answers: { status: 200, description: 'It does', shape: z.object({ status: z.literal('ok') }) },
      handle: () => ({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      summary: 'Whether the dependencies answer',
      guard: allowAnyone,
      answers: { status: 200, description: 'They do', shape: readyShape },
      refuses: ['service_unavailable'],
      async handle() {
        const failing = await system.failing()
        // By name only: the words are for the log, and for `doctor`.
        const names = system.notices().map(({ name }) => name)
        const notices = names.length > 0 ? { notices: names } : {}
        if (failing.length === 0) return { status: 200, body: { status: 'ready', ...notices } }
        throw new Problem('service_unavailable', { retryAfterSeconds: 2, extra: { failing, ...notices } })
      },
    }),
  ]
}

const readerHeader = 'sallyport-reader'

/**
 * Who calls itself by a name is noted, so that a new key need not wait for it (F-KEY-01). A cache that others share must not keep
 * an answer to it: those others would be readers that nobody sees. Cut off from the store, this server may not know the newest keys,
 * nor who was revoked.
 */
async function giveKeys(system: SystemState, req: IncomingMessage): Promise<Answer> {
  const name = req.headers[readerHeader]
  // HEAD gives no keys, and may make what a cache has last longer: a reader without a name.
  const isNoted = await system.noteKeyReader(
    req.method === 'GET' && typeof name === 'string' ? name : undefined,
  )
  const answer = publicDocument(system.jwks(), system, req, name === undefined ? 'public' : 'private')
  const lifetime = isNoted ? {} : { 'Cache-Control': 'no-store' }
  return { ...answer, headers: { ...answer.headers, ...lifetime, Vary: 'Origin, Sallyport-Reader' } }
}

function publicDocument(
  body: unknown,
  { jwksMaxAgeSeconds, jwksStaleSeconds }: SystemState,
  req: IncomingMessage,
  scope: 'public' | 'private' = 'public',
): Answer {
  const tag = `"${hash('sha256', JSON.stringify(body), 'base64url')}"`
  const headers = {
    'Cache-Control': `${scope}, max-age=${jwksMaxAgeSeconds}, stale-while-revalidate=${jwksStaleSeconds}`,
    'Access-Control-Allow-Origin': '*',
    ETag: tag,
  }
  return isKnown(tag, req.headers['if-none-match'])
    ? { status: 304, headers }
    : { status: 200, body, headers }
}

/** RFC 9110 13.1.2; a proxy that compresses makes the tag a weak one. */
function isKnown(tag: string, asked: string | undefined): boolean {
  return asked?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag) ?? false
}

/** Lists nothing that we don't have: there is no authorization endpoint here, only the session. */
function metadata({ issuer, linkBase, hasClients }: SystemState) {
  const methods = ['client_secret_basic', 'client_secret_post']
  return {
    issuer,
    jwks_uri: `${linkBase}/.well-known/jwks.json`,
    token_endpoint: `${linkBase}/auth/token`,
    response_types_supported: [],
    grant_types_supported: ['refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    ...(hasClients
      ? {
          introspection_endpoint: `${linkBase}/auth/introspect`,
          introspection_endpoint_auth_methods_supported: methods,
          revocation_endpoint: `${linkBase}/auth/revoke`,
          revocation_endpoint_auth_methods_supported: methods,
        }
      : {}),
    sallyport_revocations_uri: `${linkBase}/auth/revocations`,
  }
}

function problemAnswer(code: string): Answer {
  if (!Object.hasOwn(catalogue, code))
    throw new Problem('not_found', { detail: 'There is no refusal of this name.' })
  return { status: 200, type: 'text/html; charset=utf-8', body: codePage(code as ProblemCode) }
}
