import { type Step, steps, variables } from '../requests/steps.ts'

/** The collections of requests/, by path. */
export function renderRequests(): Map<string, string> {
  return new Map([
    ['requests/sallyport.postman_collection.json', json(postmanCollection())],
    ['requests/sallyport.thunder-collection.json', json(thunderCollection())],
    ['requests/sallyport.http', httpFile()],
  ])
}

const description =
  'Session, one-time code, JWT: the four steps against a development server (npm run dev). ' +
  'Made from requests/steps.ts by scripts/write-docs.ts.'

/** Ids that never change, so that a collection imported again takes the place of the one before. */
const collectionId = '5a11f0f7-0a17-4c0d-8e5f-5a11f0f70000'
const requestId = (index: number) => `5a11f0f7-0a17-4c0d-8e5f-5a11f0f7000${index + 1}`

/** https://schema.getpostman.com/json/collection/v2.1.0/collection.json */
function postmanCollection() {
  return {
    info: {
      _postman_id: collectionId,
      name: 'Sallyport',
      description,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    item: steps.map(postmanItem),
    variable: Object.entries(variables).map(([key, value]) => ({ key, value, type: 'string' })),
  }
}

function postmanItem(step: Step, index: number) {
  const { method, path, body, bearer } = step
  return {
    id: requestId(index),
    name: step.name,
    event: [{ listen: 'test', script: { type: 'text/javascript', exec: postmanTest(step) } }],
    request: {
      description: step.says,
      method,
      header: headersOf(step).map(([key, value]) => ({ key, value })),
      url: postmanUrl(path),
      ...(body
        ? { body: { mode: 'raw', raw: json(body).trim(), options: { raw: { language: 'json' } } } }
        : {}),
      auth: bearer
        ? { type: 'bearer', bearer: [{ key: 'token', value: `{{${bearer}}}`, type: 'string' }] }
        : { type: 'noauth' },
    },
    response: [],
  }
}

function postmanUrl(path: string) {
  const [pathname = '', query] = path.split('?')
  const pairs = query?.split('&').map((pair) => pair.split('='))
  return {
    raw: `{{baseUrl}}${path}`,
    host: ['{{baseUrl}}'],
    path: pathname.split('/').slice(1),
    ...(pairs ? { query: pairs.map(([key, value]) => ({ key, value })) } : {}),
  }
}

function postmanTest({ expects, keeps }: Step): string[] {
  const checks = Object.entries(expects.members).map(
    ([name, value]) => `  pm.expect(answer.${name}).to.eql(${scriptText(value)})`,
  )
  return [
    'const answer = pm.response.json()',
    `pm.test('answers ${expects.status}', () => {`,
    `  pm.response.to.have.status(${expects.status})`,
    ...checks,
    '})',
    ...(keeps ? [`pm.collectionVariables.set('${keeps.as}', answer.${keeps.member})`] : []),
  ]
}

function scriptText(value: string): string {
  const variable = /^\{\{(\w+)\}\}$/.exec(value)?.[1]
  return variable ? `pm.variables.get('${variable}')` : `'${value}'`
}

/** The import format of Thunder Client. Its variables live in an environment; the addresses here are written out instead. */
function thunderCollection() {
  const dateExported = '2026-01-01T00:00:00.000Z'
  return {
    clientName: 'Thunder Client',
    collectionName: 'Sallyport',
    collectionId,
    dateExported,
    version: '1.2',
    folders: [],
    requests: steps.map((step, index) => ({
      _id: requestId(index),
      colId: collectionId,
      containerId: '',
      name: step.name,
      url: withFixed(`{{baseUrl}}${step.path}`),
      method: step.method,
      sortNum: (index + 1) * 10_000,
      created: dateExported,
      modified: dateExported,
      headers: headersOf(step).map(([name, value]) => ({ name, value })),
      docs: step.says,
      ...(step.body ? { body: { type: 'json', raw: withFixed(json(step.body).trim()), form: [] } } : {}),
      ...(step.bearer ? { auth: { type: 'bearer', bearer: `{{${step.bearer}}}` } } : {}),
      tests: thunderTests(step),
    })),
  }
}

function thunderTests({ expects, keeps }: Step) {
  const members = Object.entries(expects.members)
  return [
    { type: 'res-code', custom: '', action: 'equal', value: String(expects.status) },
    ...members.map(([name, value]) => ({
      type: 'json-query',
      custom: `json.${name}`,
      action: 'equal',
      value: withFixed(value),
    })),
    ...(keeps
      ? [{ type: 'set-env-var', custom: `json.${keeps.member}`, action: 'setto', value: `{{${keeps.as}}}` }]
      : []),
  ]
}

/** What is known before the first request; `otp` and `accessToken` stay variables. */
function withFixed(text: string): string {
  return text.replace(
    /\{\{(baseUrl|email|password)\}\}/g,
    (_, name: keyof typeof variables) => variables[name],
  )
}

/** The format of REST Client (VS Code) and Visual Studio: `{{name.response.body.$.member}}` is a member of an earlier answer. */
function httpFile(): string {
  const fixed = Object.entries(variables).filter(([, value]) => value !== '')
  return [
    ...wrapComment(description),
    ...wrapComment(
      'Send them from top to bottom. REST Client keeps the session cookie between requests by itself.',
    ),
    '',
    ...fixed.map(([name, value]) => `@${name} = ${value}`),
    '',
    steps.map(httpRequest).join('\n\n'),
    '',
  ].join('\n')
}

function httpRequest(step: Step): string {
  return [
    `### ${step.name}`,
    ...wrapComment(step.says),
    `# @name ${step.id}`,
    `${step.method} {{baseUrl}}${step.path}`,
    ...headersOf(step).map(([name, value]) => `${name}: ${value}`),
    ...(step.bearer ? [`Authorization: Bearer {{${step.bearer}}}`] : []),
    ...(step.body ? ['', json(step.body).trim()] : []),
  ]
    .map((line) => line.replace(/\{\{(otp|accessToken)\}\}/g, (_, name: string) => referenceTo(name)))
    .join('\n')
}

function referenceTo(variable: string): string {
  const source = steps.find(({ keeps }) => keeps?.as === variable)
  if (!source?.keeps) throw new Error(`no step of requests/steps.ts keeps ${variable}`)
  return `{{${source.id}.response.body.$.${source.keeps.member}}}`
}

function headersOf({ body }: Step): [name: string, value: string][] {
  return body ? [['Content-Type', 'application/json']] : []
}

function wrapComment(text: string): string[] {
  return text.match(/.{1,100}(?: |$)/g)?.map((line) => `# ${line.trim()}`) ?? []
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
