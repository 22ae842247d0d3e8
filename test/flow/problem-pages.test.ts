/** The page of every refusal, and a refusal as a page: what a browser shows where a program should have asked. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { background } from '../../src/problems/background.ts'
import { catalogue, type ProblemCode } from '../../src/problems/catalogue.ts'
import { causesOf, fixOf } from '../../src/problems/causes.ts'
import { openGate } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { member } from '../support/lessons.ts'

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const codes = Object.keys(catalogue) as ProblemCode[]

/** What axe-core asks of every page, as far as text can tell it, and what our Content-Security-Policy would not let in. */
function assertSound(page: string): void {
  assert.match(page, /^<!doctype html>\n<html lang="en">/)
  assert.match(page, /<meta name="viewport" content="width=device-width, initial-scale=1">/)
  assert.match(page, /<meta name="color-scheme" content="light dark">/)
  for (const [tag, count] of [
    ['title', 1],
    ['h1', 1],
    ['main', 1],
    ['body', 1],
  ] as const) {
    assert.equal(page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, count, tag)
  }
  assert.doesNotMatch(page, /<(script|style|link|img|iframe|form|object)\b|\son\w+=|style=|javascript:/i)
  const headings = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
  headings.reduce((before, level) => {
    assert.ok(level <= before + 1, `h${level} after h${before}`)
    return level
  }, 0)
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  assertBalanced(page)
}

function assertBalanced(page: string): void {
  const open: string[] = []
  for (const [, slash, tag = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (tag === 'meta') continue
    if (slash === '') open.push(tag)
    else assert.equal(open.pop(), tag)
  }
  assert.deepEqual(open, [])
}

function textOf(page: string): string {
  const text = page
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
  return text.replace(/\s+/g, ' ')
}

describe('the page of a code', () => {
  for (const code of codes) {
    it(`${code} says what it means, why it happens and what to do`, async (t) => {
      const gate = await openGate(t)

      const { status, headers, body: page } = await gate.client().get(`/problems/${code}`)

      assert.equal(status, 200)
      assert.equal(headers['content-type'], 'text/html; charset=utf-8')
      assertSound(page)
      const text = textOf(page)
      const { title, meaning, fix } = catalogue[code]
      for (const part of [title, meaning, fix, background[code].never, background[code].learns]) {
        assert.ok(text.includes(part), part)
      }
      for (const row of causesOf(code)) {
        assert.ok(text.includes(row.means) && text.includes(fixOf(row)), row.cause)
      }
      assert.doesNotMatch(text, /contact support|undefined(?!_sent|, null)/i)
    })
  }

  it('ranks the causes by how often they are met', async (t) => {
    const gate = await openGate(t)
    const { body: page } = await gate.client().get('/problems/session_missing')

    const shown = [...page.matchAll(/<dt id="(\w+)">/g)].map(([, cause]) => cause)
    const often = shown.map(
      (name) => causesOf('session_missing').find(({ cause }) => cause === name)?.howOften ?? 0,
    )

    assert.equal(shown[0], 'cookie_not_sent')
    assert.deepEqual(
      often,
      often.toSorted((a, b) => b - a),
    )
  })

  it('has the words of each client where they differ', async (t) => {
    const gate = await openGate(t)
    for (const code of [
      'session_missing',
      'bearer_missing',
      'malformed_json',
      'wrong_method',
      'rate_limited',
    ]) {
      const text = textOf((await gate.client().get(`/problems/${code}`)).body)
      for (const client of ['curl', 'fetch', 'axios', 'Postman', 'Thunder Client'])
        assert.ok(text.includes(client), code)
    }
  })

  it('points to related codes that have a page, and never to itself', async (t) => {
    const gate = await openGate(t)
    for (const code of codes) {
      const { body: page } = await gate.client().get(`/problems/${code}`)
      const links = [...page.matchAll(/<a href="([^"]*)">/g)].map(([, link]) => link as string)
      assert.ok(links.length > 0 && !links.includes(code), code)
      for (const link of links) assert.ok(Object.hasOwn(catalogue, link), `${code}: ${link}`)
    }
  })
})

type Ask = [name: string, ask: (accept: string | undefined) => Promise<Response>]

describe('a refusal for a browser', () => {
  it('is the page of this occurrence, with the status and the headers of the JSON', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on', CORS_ORIGINS: 'https://app.example.test' } })
    const { client } = await member(gate)
    await client.post('/auth/step-up')
    const get =
      (path: string, more: object = {}) =>
      (Accept: string | undefined) =>
        gate.client().get(path, { headers: { Accept, ...more } })
    const post =
      (path: string, body: unknown, more: object = {}) =>
      (Accept: string | undefined) =>
        gate.client().post(path, body, { headers: { Accept, ...more } })
    const asks: Ask[] = [
      ['wrong_method', get('/auth/login')],
      ['not_found', get('/login')],
      ['bearer_missing', get('/auth/protected')],
      ['token_invalid', get('/auth/protected', { Authorization: 'Bearer a.b.c' })],
      ['session_missing', post('/auth/token', undefined, { Origin: 'https://app.example.test' })],
      ['malformed_json', post('/auth/login', '{')],
      ['cross_site_request', post('/auth/login', {}, { Origin: 'https://evil.test' })],
      [
        'otp_resend_too_soon',
        (Accept) => client.post('/auth/otp/resend', undefined, { headers: { Accept } }),
      ],
    ]

    for (const [code, ask] of asks) {
      const [json, html] = [await ask('*/*'), await ask(browser)]

      assert.equal(json.headers['content-type'], 'application/problem+json', code)
      assert.equal(html.headers['content-type'], 'text/html; charset=utf-8', code)
      assert.equal(json.body.code, code)
      assert.equal(html.status, json.status)
      assert.deepEqual(comparable(html), comparable(json), code)
      assert.equal(html.headers.vary, 'Origin, Accept')
      assertSound(html.body)
      const text = textOf(html.body)
      const { title, detail, fix, cause } = json.body
      for (const part of [title, detail, fix, cause, html.headers['x-flow-id']])
        assert.ok(text.includes(part), part)
      assert.ok(html.body.includes(`href="${gate.publicUrl}/problems/${code}"`))
    }
  })

  it('teaches whoever opens GET /auth/login in the address bar', async (t) => {
    const gate = await openGate(t)

    const {
      status,
      headers,
      body: page,
    } = await gate.client().get('/auth/login', { headers: { Accept: browser } })

    assert.equal(status, 404)
    assert.equal(headers.allow, 'POST')
    assert.ok(textOf(page).includes("Send POST, not GET: a browser's address bar always sends GET"))
  })

  it('stays JSON for curl, for fetch and for whoever says nothing', async (t) => {
    const gate = await openGate(t)
    for (const Accept of [undefined, '*/*', 'application/json', 'application/json, text/html']) {
      const reply = await gate.client().get('/auth/login', { headers: { Accept } })
      assert.equal(reply.headers['content-type'], 'application/problem+json', Accept)
      assert.equal(reply.body.code, 'wrong_method')
    }
    const fetched = await fetch(`${gate.url}/auth/login`)
    assert.equal(fetched.headers.get('content-type'), 'application/problem+json')
  })

  it('has no body for HEAD, and the headers of the page', async (t) => {
    const gate = await openGate(t)

    const reply = await gate.client().request('HEAD', '/auth/login', { headers: { Accept: 'text/html' } })

    assert.equal(reply.status, 404)
    assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(reply.body, '')
  })

  it('shows no decision and no link to tools in production', async (t) => {
    const gate = await openGate(t, { mode: 'production', env: { RATE_LIMITS: 'on' } })

    const { body: page } = await gate
      .client()
      .post('/auth/token', undefined, { headers: { Accept: browser } })

    assertSound(page)
    assert.ok(textOf(page).includes('cookie_not_sent'))
    assert.doesNotMatch(page, /decided|_dev\/flows/)
  })
})

/** All that doesn't differ between two requests, nor between a page and JSON. */
function comparable({ headers }: Response) {
  const own = ['date', 'x-flow-id', 'content-type', 'content-length']
  const rest = Object.entries(headers).filter(([name]) => !own.includes(name))
  // What is left of a limit is less with each request.
  return Object.fromEntries(rest.map(([name, value]) => [name, String(value).replace(/;r=\d+/, '')]))
}

describe('hostile input', () => {
  const script = '<script>alert(1)</script>'
  const quoted = `"><img src=x onerror=alert(1)>`

  it('is escaped on the page, or not there at all', async (t) => {
    const gate = await openGate(t, { env: { CORS_ORIGINS: 'https://app.example.test' } })
    const page = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
      gate
        .client()
        .request(method, path, { headers: { Accept: 'text/html', ...headers }, ...(body ? { body } : {}) })
    const token = [
      { alg: script, typ: quoted, kid: script },
      { iss: quoted, aud: script, exp: script },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')

    for (const reply of [
      await page('GET', `/auth/${encodeURIComponent(script)}`, {}),
      await page('GET', `/auth/login?next=${encodeURIComponent(quoted)}`, {}),
      await page('GET', '/auth/protected', { Authorization: `${script} ${quoted}` }),
      await page('GET', '/auth/protected', { Authorization: `Bearer ${token}.AAAA` }),
      await page('POST', '/auth/login', { Origin: `https://evil.test/${quoted}` }, {}),
      await page('POST', '/auth/login', { 'Content-Type': `text/${script}` }, script),
      await page('POST', '/auth/login', {}, { [script]: quoted, email: [quoted] }),
      await page('POST', '/auth/login', {}, script),
      await page('POST', '/auth/token', { Cookie: `sallyport.sid=${script}; ${quoted}=1`, Host: quoted }),
      await page('GET', '/auth/session/x', { 'X-Flow-Id': script, 'User-Agent': script }),
      await page('DELETE', `/auth/sessions/${encodeURIComponent(script)}`, {}),
    ]) {
      assert.ok(reply.status >= 400, String(reply.status))
      assertSound(reply.body)
      assert.doesNotMatch(reply.body, /<script|<img|onerror|alert\(1\)/)
    }
  })
})
