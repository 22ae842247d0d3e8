/** A-INP-04: operators of databases in the place of text. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

const objects = [
  { $gt: '' },
  { $ne: null },
  { $regex: '.*' },
  { $where: 'true' },
  { not: '' },
  { contains: '' },
  { startsWith: 'a' },
  ['ada@example.test'],
  { length: 5 },
]
const texts = [
  "' or 1=1 --",
  "ada@example.test' --",
  "ada@example.test' or '1'='1",
  '" or ""="',
  "'; drop table accounts; --",
  '\\',
  '%',
  '_@example.test',
  'ada@example.tes_',
  '?1',
  '$1',
  ':email',
  "ada@example.test'||(select '')||'",
]

for (const engine of deployments) {
  describe(`A-INP-04: operators, ${engine.name}`, { skip: engine.missing() }, () => {
    it('are 400 as objects and an unknown address as text', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount('ada@example.test')
      const { password } = ada
      const post = (path: string, body: unknown) => gate.client().post(path, body)
      for (const value of objects) {
        assertProblem(await post('/auth/login', { email: value, password }), 400, 'invalid_request')
        assertProblem(
          await post('/auth/login', { email: ada.email, password: value }),
          400,
          'invalid_request',
        )
        assertProblem(await post('/auth/refresh', { refreshToken: value }), 400, 'invalid_request')
      }
      for (const text of texts) {
        for (const body of [
          { email: text, password },
          { email: ada.email, password: text },
        ]) {
          const { status } = await post('/auth/login', body)
          assert.ok([400, 401].includes(status), `${text}: ${status}`)
        }
        assertProblem(await post('/auth/refresh', { refreshToken: text }), 401, 'refresh_invalid')
        const headers = { 'User-Agent': text }
        assert.equal((await gate.client().post('/auth/login', ada, { headers })).status, 200)
        assert.equal((await gate.client().get('/_dev/inbox', { headers })).status, 200)
      }
      const client = await gate.enter(ada)
      for (const text of texts) {
        const { status } = await client.delete(`/auth/sessions/${encodeURIComponent(text)}`)
        assert.equal(status, 404, text)
      }
      await gate.enter(ada)
    })
  })
}
