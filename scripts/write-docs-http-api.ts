import type { ProblemCode } from '../src/problems/catalogue.ts'

/** What is read here of the OpenAPI document that src/routes/openapi.ts makes. */
export type ApiDescription = { paths: Record<string, Record<string, Operation>> }

type Operation = {
  summary: string
  security: Record<string, unknown>[]
  parameters?: { name: string; in: string; description?: string }[]
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

type Schema = {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: string[]
  const?: string
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
}

/** The text of docs/http-api.md. */
export function renderHttpApi(api: ApiDescription): string {
  const operations = operationsOf(api)
  const rows = operations.map(
    ({ name, operation }) =>
      `| [\`${name}\`](#${anchorOf(name)}) | ${operation.summary} | ${needs(operation)} | ${successOf(operation)} |`,
  )
  return `<!-- Made from the tables in src/routes/ by scripts/write-docs.ts. -->

# HTTP API

JSON in, JSON out, UTF-8. [openapi.json](openapi.json) is the same in OpenAPI 3.1; a server has its own at \`/openapi.json\`.

| Request | Does | Needs | Success |
|---|---|---|---|
${rows.join('\n')}

${rules}

${operations.map(section).join('\n\n')}
`
}

/** Which requests answer a refusal. */
export function requestsByRefusal(api: ApiDescription): Map<ProblemCode, string[]> {
  const requests = new Map<ProblemCode, string[]>()
  for (const { name, operation } of operationsOf(api)) {
    for (const code of refusalsOf(operation)) requests.set(code, [...(requests.get(code) ?? []), name])
  }
  return requests
}

const rules = `## What holds for all of them

- **Session.** The cookie is \`sallyport.sid\`, on https \`__Host-sallyport.sid\`: \`HttpOnly\`, \`SameSite=Lax\`, \`Path=/\`. A login and a
  verified code each set a new one. \`sessionId\` in a body is a name for lists and logs and opens nothing.
- **Token.** \`Authorization: Bearer <accessToken>\`, once, never in the query.
- **Bodies** are \`application/json\`, 16 kB, 8 levels and 64 members at most. Members that are not listed are ignored, of a repeated one the
  last counts, nothing is converted. A request without a listed body takes none. Two take forms instead, since their standards say so.
- **Methods.** A known path with another method is 404 \`wrong_method\` with an \`Allow\` header. GET answers HEAD too.
- **Other sites.** A POST or DELETE whose \`Origin\` or \`Sec-Fetch-Site\` is neither this site nor in \`CORS_ORIGINS\` is 403
  \`cross_site_request\`. A client that sends neither header, such as curl, is served.
- **Refusals** are \`application/problem+json\`, see [errors.md](errors.md). Beside those listed, any request may answer
  [\`service_unavailable\`](errors.md#service_unavailable) when it takes over 5 s, and [\`internal\`](errors.md#internal).
- **Headers of every answer.** \`X-Flow-Id\`, the support code; \`Cache-Control: no-store\` but for keys, metadata and the feed of revocations. Limited requests carry
  \`RateLimit\` and \`RateLimit-Policy\`; the limits are listed in [operations.md](operations.md#limits).

An access token is a JWT in the shape of RFC 9068: header \`typ: at+jwt\`, \`alg\`, \`kid\`; claims \`iss\`, \`aud\`, \`sub\`, \`sid\`, \`jti\`, \`iat\`, \`exp\`,
\`auth_time\`, \`amr\` (\`["pwd","otp"]\`) and \`client_id\`. It holds no mail address. A refresh token is opaque.`

function operationsOf({ paths }: ApiDescription): { name: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
}

function section({ name, operation }: { name: string; operation: Operation }): string {
  const body = operation.requestBody
  const success = successOf(operation)
  const answer = operation.responses[success]
  const shape = answer?.content?.['application/json']?.schema
  const [bodyType, sent] = Object.entries(body?.content ?? {})[0] ?? []
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const refusals = refusalsOf(operation).map((code) => `[\`${code}\`](errors.md#${code})`)
  return [
    `## ${name}`,
    `${operation.summary}. Needs: ${needs(operation)}.`,
    ...query.map(({ name: parameter, description }) => `Query \`${parameter}\`: ${description}.`),
    ...(body && sent
      ? [
          `${bodyType === 'application/json' ? 'Body' : 'Form'}${body.required ? '' : ', which may be left out'}:`,
          members(sent.schema),
        ]
      : []),
    `${success}: ${answer?.description}.`,
    ...(shape?.properties ? [members(shape)] : []),
    ...(refusals.length > 0 ? [`Refuses: ${refusals.join(', ')}.`] : []),
  ].join('\n\n')
}

function successOf({ responses }: Operation): string {
  return Object.keys(responses).find((status) => status.startsWith('2')) ?? ''
}

function refusalsOf({ responses }: Operation): ProblemCode[] {
  return Object.values(responses).flatMap(({ description, content }) =>
    content?.['application/problem+json']
      ? [...description.matchAll(/`(\w+)`:/g)].map(([, code]) => code as ProblemCode)
      : [],
  )
}

/** The document says which credential; its refusals say in which stage a session has to be. */
function needs(operation: Operation): string {
  const schemes = operation.security.map((scheme) => Object.keys(scheme)[0])
  // An empty scheme beside others: what is there is read, nothing has to be.
  if (schemes.length === 0 || schemes.includes(undefined)) return 'nothing'
  const pending = refusalsOf(operation).includes('otp_not_pending')
  const session = pending ? 'a session that waits for its code' : 'a verified session'
  const words: Record<string, string> = {
    session,
    token: 'an access token',
    client: 'a service of `CLIENTS`',
  }
  return schemes.map((scheme) => words[scheme ?? '']).join(' or ')
}

function members({ properties = {}, required = [] }: Schema, indent = ''): string {
  return Object.entries(properties)
    .map(([name, schema]) => {
      const optional = required.includes(name) ? '' : ', optional'
      const inner = schema.items ?? schema
      const nested = inner.properties ? `\n${members(inner, `${indent}  `)}` : ''
      return `${indent}- \`${name}\`: ${typeOf(schema)}${optional}${nested}`
    })
    .join('\n')
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  if (schema.items) return `list of ${schema.items.properties ? 'objects' : typeOf(schema.items)}`
  if (schema.format === 'date-time') return 'time in UTC, ISO 8601'
  if (schema.type === 'integer') return 'whole number'
  if (schema.type !== 'string') return schema.type ?? 'anything'
  if (schema.pattern) return `text that matches \`${schema.pattern}\``
  return schema.maxLength ? `text of ${schema.minLength ?? 0} to ${schema.maxLength} characters` : 'text'
}

/** As GitHub makes it from a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
