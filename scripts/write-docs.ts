/**
 * Writes every document that is made from the code: refusals, HTTP API, OpenAPI description, configuration, request
 * collections. With `--check` it writes nothing and fails on the first that has drifted.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderConfigurationDocs } from '../src/config/render-docs.ts'
import { renderEnvExample } from '../src/config/render-env-example.ts'
import { catalogue } from '../src/problems/catalogue.ts'
import { allRoutes } from '../src/routes/all-routes.ts'
import { describeApi } from '../src/routes/openapi.ts'
import type { Route } from '../src/routes/route.ts'
import { renderRequests } from './write-requests.ts'

const root = join(import.meta.dirname, '..')
const publicUrl = 'http://localhost:5000'

/** Every generated file with its text, by its path in the checkout. */
export function renderDocs(): Record<string, string> {
  const rows = allRoutes({
    issuer: publicUrl,
    linkBase: publicUrl,
    jwks: () => ({ keys: [] }),
    jwksMaxAgeSeconds: 300,
    failing: async () => [],
    devInbox: undefined,
  })
  return {
    'docs/errors.md': errors(),
    'docs/http-api.md': httpApi(rows),
    'docs/openapi.json': `${JSON.stringify(describeApi(rows, publicUrl), null, 2)}\n`,
    'docs/configuration.md': renderConfigurationDocs(),
    '.env.example': renderEnvExample(),
    ...Object.fromEntries(renderRequests()),
  }
}

function errors(): string {
  const entries = Object.entries(catalogue).map(
    ([code, { status, title, meaning, fix }]) =>
      `## ${code}\n\n${status}: ${title}.\n\n${meaning}\n\n**Do:** ${fix}\n`,
  )
  return `<!-- Made from src/problems/catalogue.ts by scripts/write-docs.ts. -->

# Refusals

Every refusal is \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`code\`, \`detail\`, \`fix\` and \`instance\`, the
flow id that is also in the \`X-Flow-Id\` header and in the log. \`cause\` names what was observed, in production only where your own
request shows it. No refusal tells whether an account exists.

${entries.join('\n')}`
}

function httpApi(rows: Route[]): string {
  const lines = rows.map(({ method, path, summary, guard, answers, refuses = [] }) => {
    const refused = refuses.map((code) => `[${code}](errors.md#${code})`).join(', ')
    return `| \`${method} ${path}\` | ${summary} | ${needs(guard.name)} | ${answers.status} | ${refused} |`
  })
  return `<!-- Made from the tables in src/routes/ by scripts/write-docs.ts. -->

# HTTP API

JSON in, JSON out. The whole description with every shape is [openapi.json](openapi.json); a server has its own at
\`/openapi.json\`. Any route may also give the refusals of its guard, its body and its limits: see [errors.md](errors.md).

| Request | Does | Needs | Success | Refuses |
|---|---|---|---|---|
${lines.join('\n')}

The session cookie is \`sallyport.sid\`, \`__Host-sallyport.sid\` on https. A known path with another method is 404 \`wrong_method\` with an
\`Allow\` header. Bodies must be \`application/json\`. A POST or DELETE that a browser sends from another site is 403
\`cross_site_request\`.
`
}

function needs(guard: string): string {
  switch (guard) {
    case 'requirePendingSession':
      return 'a session that waits for its code'
    case 'requireVerifiedSession':
      return 'a verified session'
    case 'requireAccessToken':
    case 'requireAccessTokenOr401':
      return 'an access token'
    case 'requireSessionOrToken':
      return 'a verified session or an access token'
    default:
      return '-'
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of Object.entries(renderDocs())) {
    const file = join(root, path)
    if (!process.argv.includes('--check')) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${path} is not what the code says. Run: node scripts/write-docs.ts`)
      process.exit(1)
    }
  }
}
