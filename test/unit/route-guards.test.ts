/** house.md 1.7: a row reads as policy. Without a named guard, a limit or a shape where one is due, it fails here. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as tokenGuards from '../../src/middleware/auth.middleware.ts'
import * as clientGuards from '../../src/middleware/client-credentials.ts'
import * as sessionGuards from '../../src/middleware/session-guards.ts'
import { catalogue } from '../../src/problems/catalogue.ts'
import { allRoutes } from '../../src/routes/all-routes.ts'

const system = {
  issuer: 'http://localhost:5000',
  linkBase: 'http://localhost:5000',
  jwks: () => ({ keys: [] }),
  noteKeyReader: async () => true,
  jwksMaxAgeSeconds: 300,
  jwksStaleSeconds: 600,
  hasClients: true,
  failing: async () => [],
  notices: () => [],
}
const guards = { ...tokenGuards, ...clientGuards, ...sessionGuards }
const rows = allRoutes(system)
const name = ({ method, path }: { method: string; path: string }) => `${method} ${path}`

/** Anyone may come to these, and nothing of a session or a token is read. */
const open = [
  'POST /auth/refresh',
  'POST /auth/email/undo',
  'GET /auth/revocations',
  'GET /.well-known/jwks.json',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/openid-configuration',
  'GET /openapi.json',
  'GET /problems/:code',
  'GET /healthz',
  'GET /readyz',
]

describe('the route tables', () => {
  it('have a named guard on every row', () => {
    const named = Object.entries(guards).flatMap(([key, value]) =>
      typeof value === 'object' && 'admit' in value ? [[key, value.name]] : [],
    )
    for (const [key, guardName] of named) assert.equal(guardName, key)
    for (const row of rows)
      assert.ok(Object.hasOwn(guards, row.guard.name), `${name(row)}: ${row.guard.name}`)
  })

  it('let anyone in only where that is meant', () => {
    assert.deepEqual(rows.filter(({ guard }) => guard.name === 'allowAnyone').map(name), open)
  })

  it('hold nothing that only development has', () => {
    assert.deepEqual(rows.filter(({ path }) => path.startsWith('/_dev')).map(name), [])
  })

  it('limit every POST that costs something or can be guessed at', () => {
    const unlimited = rows.filter(({ method, limits }) => method === 'POST' && limits === undefined)
    assert.deepEqual(unlimited.map(name), ['POST /auth/logout'])
  })

  it('have each method of a path once', () => {
    assert.equal(new Set(rows.map(name)).size, rows.length)
  })

  it('change nothing by GET', () => {
    const reading = rows.filter(({ method }) => method === 'GET')
    assert.deepEqual(
      reading.filter(({ body }) => body !== undefined),
      [],
    )
  })

  it('describe each answer, and refuse in codes of the catalogue', () => {
    for (const row of rows) {
      const { answers, refuses = [] } = row
      assert.ok(answers.description.length > 3, name(row))
      const isEmpty = answers.status === 204 || row.path === '/auth/revoke'
      assert.ok(isEmpty || answers.shape || row.path === '/problems/:code', name(row))
      for (const code of refuses) assert.ok(Object.hasOwn(catalogue, code), `${name(row)}: ${code}`)
    }
  })
})
