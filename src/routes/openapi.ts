import { z } from 'zod'
import { catalogue, type ProblemCode } from '../problems/catalogue.ts'
import { causeNames } from '../problems/causes.ts'
import { version } from '../version.ts'
import type { Route } from './route.ts'

/** The API in OpenAPI 3.1, made from the route tables: what a row says is what is described. */
export function describeApi(rows: Route[], publicUrl: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const row of rows) {
    const path = row.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: describeRoute(row) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version,
      summary: 'Password, server session, one-time code, short-lived JWT',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl }],
    tags: [
      { name: 'auth', description: 'The gate and its sessions' },
      { name: 'system', description: 'Keys, metadata, health' },
    ],
    paths,
    components: { securitySchemes, schemas: { Problem: problemSchema } },
  }
}

const securitySchemes = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'sallyport.sid',
    description: '`__Host-sallyport.sid` on https',
  },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  client: {
    type: 'http',
    scheme: 'basic',
    description: 'An entry of CLIENTS; or `client_id` and `client_secret` in the form (RFC 6749 2.3.1)',
  },
}

const problemSchema = {
  type: 'object',
  description: 'A refusal (RFC 9457)',
  required: ['type', 'title', 'status', 'code', 'detail', 'fix', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'The page that explains the refusal' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(catalogue) },
    cause: { type: 'string', enum: causeNames, description: 'The observed cause, where it may be told' },
    detail: { type: 'string' },
    fix: { type: 'string', description: 'What the caller should change' },
    instance: { type: 'string', description: 'The flow id: the support code' },
    errors: {
      type: 'array',
      description: 'With `invalid_request`: each member of the body that does not fit',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'array', items: { type: 'string' } }, message: { type: 'string' } },
      },
    },
    attemptsLeft: { type: 'integer', description: 'With `otp_invalid` and `otp_attempts_exhausted`' },
    reason: { type: 'string', description: 'With `session_ended` and `password_rejected`' },
  },
}

const securityOf = {
  nothing: [],
  session: [{ session: [] }],
  token: [{ token: [] }],
  'session or token': [{ session: [] }, { token: [] }],
  client: [{ client: [] }],
}

function describeRoute(row: Route) {
  const { answers, guard, body, path } = row
  // Anyone may come; where there is a session it is read.
  const security = guard.name === 'allowAnySession' ? [{}, { session: [] }] : securityOf[guard.reads]
  return {
    operationId: `${row.method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: row.summary,
    tags: [path.startsWith('/auth') ? 'auth' : 'system'],
    security,
    ...parametersOf(row),
    ...(body
      ? {
          requestBody: {
            required: row.bodyOptional !== true,
            content: {
              [guard.reads === 'client' ? 'application/x-www-form-urlencoded' : 'application/json']: {
                schema: toSchema(body),
              },
            },
          },
        }
      : {}),
    responses: {
      [answers.status]: {
        description: answers.description,
        ...(answers.shape
          ? { content: { [answers.type ?? 'application/json']: { schema: toSchema(answers.shape) } } }
          : {}),
      },
      ...refusalsOf(row),
    },
  }
}

function parametersOf({ path, query = {} }: Route) {
  const schema = { type: 'string' }
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1])
  const parameters = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema })),
    ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema })),
  ]
  return parameters.length === 0 ? {} : { parameters }
}

function refusalsOf(row: Route) {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of codesOf(row)) {
    const { status } = catalogue[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${catalogue[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

/** What a row's parts bring with them, and its own. */
function codesOf(row: Route): Set<ProblemCode> {
  const { guard, method } = row
  return new Set<ProblemCode>([
    ...(guard.reads === 'nothing' ? [] : (['service_unavailable'] as const)),
    ...(method === 'GET' ? [] : (['cross_site_request', 'unsupported_media_type'] as const)),
    ...(row.body ? (['invalid_request', 'payload_too_large'] as const) : []),
    ...(row.body && guard.reads !== 'client' ? (['malformed_json'] as const) : []),
    ...(row.limits ? (['rate_limited'] as const) : []),
    ...guardRefusals(guard.name),
    ...(row.refuses ?? []),
  ])
}

const sessionRefusals = ['session_missing', 'session_ended'] as const
const tokenRefusals = ['token_invalid', 'token_expired'] as const

function guardRefusals(name: string): readonly ProblemCode[] {
  switch (name) {
    case 'requirePendingSession':
      return [...sessionRefusals, 'otp_not_pending']
    case 'requireVerifiedSession':
      return [...sessionRefusals, 'otp_required']
    case 'requireAccessToken':
      return ['bearer_missing', ...tokenRefusals]
    case 'requireAccessTokenOr401':
      return tokenRefusals
    case 'requireClient':
      return ['client_invalid']
    case 'requireSessionOrToken':
      return [...sessionRefusals, 'otp_required', 'bearer_missing', ...tokenRefusals]
    default:
      return []
  }
}

function toSchema(shape: z.ZodType): unknown {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input' }) as Record<string, unknown>
  return schema
}
