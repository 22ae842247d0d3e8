/** The collections of requests/ are what their source makes, and each walks the brief's four steps on a real server. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { runInNewContext } from 'node:vm'
import { renderRequests } from '../../scripts/write-requests.ts'
import { temporaryDirectory } from '../support/child-processes.ts'
import { type Client, createClient, type Response } from '../support/http-client.ts'
import { startServer } from '../support/server-process.ts'

const checkout = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(checkout, path), 'utf8')

const outcomes = [
  '1. Login: 200 OTP sent',
  '1a. Read the code (development): 200',
  '2. Verify OTP: 200 OTP verified successfully',
  '3. Exchange session for JWT: 200',
  '4. Access a protected route: 200 Protected route accessed',
  'GET instead of POST: 404 wrong_method',
]

for (const [path, text] of renderRequests()) {
  it(`${path} is what scripts/write-docs.ts writes`, () => {
    assert.equal(read(path), text)
  })
}

describe('against a development server', () => {
  it('the .http file walks from the login to the protected route', async (t) => {
    const { url, client } = await openServer(t)

    const answers = await sendHttpFile(read('requests/sallyport.http'), client, { baseUrl: url })

    assert.deepEqual(answers, outcomes)
  })

  it('the Postman collection walks the same way, and its own tests pass', async (t) => {
    const { url, client } = await openServer(t)
    const collection = JSON.parse(read('requests/sallyport.postman_collection.json'))

    const { answers, passed } = await sendPostman(collection, client, { baseUrl: url })

    assert.deepEqual(answers, outcomes)
    assert.deepEqual(passed, [
      'answers 200',
      'answers 200',
      'answers 200',
      'answers 200',
      'answers 200',
      'answers 404',
    ])
  })

  it('the Thunder Client collection walks the same way, and its own tests pass', async (t) => {
    const { url, client } = await openServer(t)
    const collection = JSON.parse(
      read('requests/sallyport.thunder-collection.json').replaceAll('http://localhost:5000', url),
    )

    assert.deepEqual(await sendThunder(collection, client), outcomes)
  })
})

async function openServer(t: TestContext): Promise<{ url: string; client: Client }> {
  const server = await startServer({
    command: [join(checkout, 'src/server.ts'), 'development'],
    cwd: temporaryDirectory('requests'),
    // The banner comes once the development account is there.
    ready: /^Sallyport .* development/,
  })
  const client = createClient(server.url)
  t.after(async () => {
    client.close()
    await server.stop()
  })
  return { url: server.url, client }
}

type Request = {
  name: string
  method: string
  url: string
  headers: Record<string, string>
  body: string | undefined
}

/** As a tool does: no body, no content type. */
function send(client: Client, { method, url, headers, body }: Request): Promise<Response> {
  const sent = body === undefined ? {} : { body, headers }
  return client.request(method, url, { headers, ...sent })
}

const outcomeOf = (name: string, { status, body }: Response) =>
  [`${name}: ${status}`, body.code?.length > 6 ? body.code : body.message].filter(Boolean).join(' ')

/** REST Client's format: file variables, named requests, and members of earlier answers. */
async function sendHttpFile(
  text: string,
  client: Client,
  overrides: Record<string, string>,
): Promise<string[]> {
  const [head = '', ...parts] = text.split(/^### /m)
  const fixed = Object.fromEntries(
    [...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]),
  )
  const variables: Record<string, string> = { ...fixed, ...overrides }
  const answers = new Map<string, Response>()
  const outcomes: string[] = []
  for (const part of parts) {
    const filled = part.replace(
      /\{\{(\w+)(?:\.response\.body\.\$\.(\w+))?\}\}/g,
      (_, name: string, member?: string) =>
        member === undefined ? known(variables, name) : answers.get(name)?.body[member],
    )
    const request = parseHttpRequest(filled)
    const answer = await send(client, request)
    answers.set(/^# @name (\w+)$/m.exec(part)?.[1] ?? '', answer)
    outcomes.push(outcomeOf(request.name, answer))
  }
  return outcomes
}

function parseHttpRequest(part: string): Request {
  const [name = '', ...lines] = part.trim().split('\n')
  const [head = '', body] = lines
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split('\n\n')
  const [first = '', ...headerLines] = head.split('\n')
  const [method = '', url = ''] = first.split(' ')
  const headers = Object.fromEntries(headerLines.map((line) => line.split(': ') as [string, string]))
  return { name, method, url, headers, body }
}

type PostmanItem = {
  name: string
  event: { script: { exec: string[] } }[]
  request: {
    method: string
    header: { key: string; value: string }[]
    url: { raw: string }
    body?: { raw: string }
    auth: { type: string; bearer?: { value: string }[] }
  }
}
type PostmanCollection = { item: PostmanItem[]; variable: { key: string; value: string }[] }

async function sendPostman(
  collection: PostmanCollection,
  client: Client,
  overrides: Record<string, string>,
): Promise<{ answers: string[]; passed: string[] }> {
  const fixed = Object.fromEntries(collection.variable.map(({ key, value }) => [key, value]))
  const variables: Record<string, string> = { ...fixed, ...overrides }
  const answers: string[] = []
  const passed: string[] = []
  for (const { name, request, event } of collection.item) {
    const bearer = request.auth.type === 'bearer' ? request.auth.bearer?.[0]?.value : undefined
    const headers = {
      ...Object.fromEntries(request.header.map(({ key, value }) => [key, value])),
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${fill(bearer, variables)}` }),
    }
    const body = request.body && fill(request.body.raw, variables)
    const url = fill(request.url.raw, variables)
    const answer = await send(client, { name, method: request.method, url, headers, body })
    answers.push(outcomeOf(name, answer))
    runInNewContext(event[0]?.script.exec.join('\n') ?? '', { pm: postmanApi(answer, variables, passed) })
  }
  return { answers, passed }
}

/** The part of Postman's sandbox that the collection uses. */
function postmanApi(answer: Response, variables: Record<string, string>, passed: string[]) {
  return {
    response: {
      json: () => answer.body,
      to: { have: { status: (status: number) => assert.equal(answer.status, status) } },
    },
    expect: (actual: unknown) => ({ to: { eql: (expected: unknown) => assert.deepEqual(actual, expected) } }),
    variables: { get: (name: string) => known(variables, name) },
    collectionVariables: {
      set(name: string, value: string) {
        variables[name] = value
      },
    },
    test(name: string, check: () => void) {
      check()
      passed.push(name)
    },
  }
}

type ThunderRequest = {
  name: string
  method: string
  url: string
  headers: { name: string; value: string }[]
  body?: { raw: string }
  auth?: { bearer: string }
  tests: { type: string; custom: string; value: string }[]
}

async function sendThunder(collection: { requests: ThunderRequest[] }, client: Client): Promise<string[]> {
  const variables: Record<string, string> = {}
  const answers: string[] = []
  for (const { name, method, url, headers, body, auth, tests } of collection.requests) {
    const sent = {
      ...Object.fromEntries(headers.map((header) => [header.name, header.value])),
      ...(auth ? { Authorization: `Bearer ${fill(auth.bearer, variables)}` } : {}),
    }
    const answer = await send(client, {
      name,
      method,
      url,
      headers: sent,
      body: body && fill(body.raw, variables),
    })
    answers.push(outcomeOf(name, answer))
    for (const { type, custom, value } of tests) {
      const member = answer.body[custom.replace('json.', '')]
      if (type === 'res-code') assert.equal(String(answer.status), value, name)
      else if (type === 'json-query') assert.equal(member, value, name)
      else variables[value.slice(2, -2)] = member
    }
  }
  return answers
}

function fill(text: string, variables: Record<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => known(variables, name))
}

function known(variables: Record<string, string>, name: string): string {
  const value = variables[name]
  assert.ok(value, `the variable ${name} has no value yet`)
  return value
}
