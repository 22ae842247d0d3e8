/** A-DOS-03: bodies and queries that are small and dear. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

const dear: Record<string, string> = {
  '1 500 keys': `{${Array.from({ length: 1_500 }, (_, n) => `"k${n}":1`).join()}}`,
  'deep objects': `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`,
  'deep lists': `${'['.repeat(8_000)}${']'.repeat(8_000)}`,
  'one key many times': `{${Array.from({ length: 2_000 }, () => '"a":1').join()}}`,
  'a long number': `{"email":${'9'.repeat(16_000)}}`,
  'a long list': `[${'1,'.repeat(8_000)}1]`,
  'many escapes': `{"email":"${'\\u0061'.repeat(2_600)}"}`,
  'an almost address': JSON.stringify({ email: `${'a.'.repeat(120)}@`, password: 'x' }),
  'an almost domain': JSON.stringify({ email: `a@${'a-'.repeat(120)}`, password: 'x' }),
  'an open text': `{"email":"${'\\\\'.repeat(7_000)}`,
}

describe('A-DOS-03: dear bodies', () => {
  for (const [name, body] of Object.entries(dear)) {
    it(`${name}: refused at once`, async (t) => {
      const gate = await openGate(t, { quickPasswords: true })
      await gate.client().post('/auth/login', '{}')
      const client = gate.client()
      await client.get('/healthz')

      const startedAt = performance.now()
      const { status } = await client.post('/auth/login', body)
      const took = performance.now() - startedAt

      assert.ok(status === 400 || (status === 401 && name.startsWith('an almost')), String(status))
      assert.ok(took < 100, `${took} ms`)
    })
  }

  it('queries and cookies of many members cost nothing', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()
    await client.get('/auth/session')
    for (const [path, headers] of [
      [`/auth/session?${'a[]=1&'.repeat(2_000)}`, {}],
      [`/auth/session?${'a[b]'.repeat(1)}${'[c]'.repeat(3_000)}=1`, {}],
      ['/auth/session', { cookie: 'a=b; '.repeat(2_500) }],
      ['/auth/session', { cookie: `sallyport.sid=s%3A${'x'.repeat(12_000)}` }],
      ['/auth/session', { 'User-Agent': `Mozilla/5.0 ${'(Linux; '.repeat(1_500)}` }],
      ['/auth/session', { 'X-Forwarded-For': '1.1.1.1,'.repeat(1_500) }],
      ['/auth/protected', { Authorization: `Bearer ${' '.repeat(8_000)}x` }],
    ] as const) {
      const startedAt = performance.now()
      const { status } = await client.get(path, { headers })
      const took = performance.now() - startedAt
      assert.ok(status < 500, String(status))
      assert.ok(took < 100, `${path.slice(0, 30)}: ${took} ms`)
    }
  })
})
