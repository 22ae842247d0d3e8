/** A-DOS-05: more logins than the machine can hash. What needs no hash stays quick, and the rest is told to come again. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-DOS-05: a flood of logins', () => {
  it('is 503 with Retry-After above the queue, and never a wrong answer', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const bearer = await gate.accessToken(await gate.enter(ada))

    const flood = Array.from({ length: 350 }, (_, n) =>
      gate.client().post('/auth/login', { email: `user${n}@example.test`, password: 'x' }),
    )
    const watched: number[] = []
    for (let n = 0; n < 20; n++) {
      const startedAt = performance.now()
      assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 200)
      watched.push(performance.now() - startedAt)
    }
    const replies = await Promise.all(flood)

    const busy = replies.filter(({ status }) => status === 503)
    assert.ok(busy.length >= 50, `${busy.length} were turned away`)
    for (const reply of busy) {
      assertProblem(reply, 503, 'service_unavailable')
      // 1 where the queue was full, 2 where the request had waited in it for too long.
      assert.match(String(reply.headers['retry-after']), /^[12]$/)
    }
    assert.equal(replies.filter(({ status }) => status === 401).length, 350 - busy.length)
    const median = watched.sort((a, b) => a - b)[10] ?? 0
    assert.ok(median < 250, `the protected route took ${median} ms`)
    await gate.enter(ada)
  })
})
