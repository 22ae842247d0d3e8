/**
 * Writes every document that is made from the code: refusals, HTTP API, OpenAPI description, configuration, request
 * collections, and the marked parts of operations.md and security.md. With `--check` it writes nothing and names what has drifted.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderConfigurationDocs } from '../src/config/render-docs.ts'
import { renderEnvExample } from '../src/config/render-env-example.ts'
import { catalogue, type ProblemCode } from '../src/problems/catalogue.ts'
import { causesOf, fixOf } from '../src/problems/causes.ts'
import { allRoutes } from '../src/routes/all-routes.ts'
import { describeApi } from '../src/routes/openapi.ts'
import { type ApiDescription, renderHttpApi, requestsByRefusal } from './write-docs-http-api.ts'
import { renderEvents, renderLimits } from './write-docs-operations.ts'
import { renderSecurityLists } from './write-docs-security.ts'
import { renderStateMatrix } from './write-docs-state-matrix.ts'
import { renderRequests } from './write-requests.ts'

const root = join(import.meta.dirname, '..')
const publicUrl = 'http://localhost:5000'

/** Every generated file with its text, by its path in the checkout. */
export function renderDocs(): Record<string, string> {
  const api = describe()
  return {
    'docs/errors.md': renderErrors(api),
    'docs/http-api.md': renderHttpApi(api),
    'docs/openapi.json': `${JSON.stringify(api, null, 2)}\n`,
    'docs/operations.md': withParts('docs/operations.md', { limits: renderLimits(), events: renderEvents() }),
    'docs/security.md': withParts('docs/security.md', renderSecurityLists()),
    'docs/configuration.md': renderConfigurationDocs(),
    'docs/state-matrix.md': renderStateMatrix(),
    '.env.example': renderEnvExample(),
    ...Object.fromEntries(renderRequests()),
  }
}

function describe(): ApiDescription {
  const rows = allRoutes({
    issuer: publicUrl,
    linkBase: publicUrl,
    jwks: () => ({ keys: [] }),
    noteKeyReader: async () => true,
    jwksMaxAgeSeconds: 300,
    jwksStaleSeconds: 600,
    hasClients: true,
    failing: async () => [],
    notices: () => [],
  })
  return describeApi(rows, publicUrl) as ApiDescription
}

/** A document written by hand, with what stands between `<!-- made: name -->` and `<!-- end -->` replaced. */
function withParts(path: string, parts: Record<string, string>): string {
  let text = readFileSync(join(root, path), 'utf8')
  for (const [name, part] of Object.entries(parts)) {
    const place = new RegExp(`(<!-- made: ${name} [^>]*-->\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(text))
      throw new Error(`${path} has no place for "${name}": <!-- made: ${name} ... --> <!-- end -->`)
    text = text.replace(place, (_, start, end) => `${start}\n${part}\n\n${end}`)
  }
  return text
}

function renderErrors(api: ApiDescription): string {
  const requests = requestsByRefusal(api)
  const entries = Object.entries(catalogue).map(
    ([code, { status, title, meaning, fix }]) =>
      `## ${code}\n\n${status}: ${title}.\n\n${meaning}\n\n**Do:** ${fix}\n\n${renderCauses(code as ProblemCode)}\n\n${givenBy(code as ProblemCode, requests)}\n`,
  )
  return `<!-- Made from src/problems/catalogue.ts and src/problems/causes/ by scripts/write-docs.ts. -->

# Refusals

Every refusal is \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`code\`, \`detail\`, \`fix\` and \`instance\`, the
flow id that is also in the \`X-Flow-Id\` header and in the log. \`cause\` names what was observed, in production only where your own
request shows it. No refusal tells whether an account exists. The causes of a code stand here from the most to the least frequent; those
marked *dev* are named in development only, where \`trace\` also lists the decisions that led to the refusal.

\`Accept: text/html\` on any request gives its refusal as a readable page, with the same status and headers; \`/problems/<code>\` has more
about each code, and how five clients do what its fix asks for.

${entries.join('\n')}`
}

function renderCauses(code: ProblemCode): string {
  const rows = causesOf(code)
    .toSorted((a, b) => b.howOften - a.howOften)
    .map((row) => {
      const where = row.shownIn === 'development' ? ' *dev*' : ''
      return `| \`${row.cause}\`${where} | ${row.means} | ${fixOf(row)} |`.replaceAll('<', '\\<')
    })
  return ['| Cause | What happened | Fix |', '|---|---|---|', ...rows].join('\n')
}

function givenBy(code: ProblemCode, requests: Map<ProblemCode, string[]>): string {
  const anywhere: ProblemCode[] = ['not_found', 'wrong_method', 'internal']
  if (anywhere.includes(code)) return 'Any request may get it.'
  const names = requests.get(code)
  if (names) return `Given by ${names.map((name) => `\`${name}\``).join(', ')}.`
  return 'No request of this version gives it.'
}

if (process.argv[1] === import.meta.filename) {
  const texts = Object.entries(renderDocs()).map(([path, text]) => ({ path, file: join(root, path), text }))
  const drifted = texts.filter(({ file, text }) => !existsSync(file) || readFileSync(file, 'utf8') !== text)
  if (!process.argv.includes('--check')) {
    for (const { file, text } of drifted) writeFileSync(file, text)
  } else if (drifted.length > 0) {
    const names = drifted.map(({ path }) => path).join(', ')
    console.error(`Not what the code and the tests say: ${names}. Run: node scripts/write-docs.ts`)
    process.exit(1)
  }
}
