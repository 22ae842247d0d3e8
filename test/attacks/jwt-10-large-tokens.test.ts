/** A-JWT-10: tokens that cost time to read. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { algorithms, encode, openForge } from './forge.ts'

describe('A-JWT-10: large and deep tokens', () => {
  for (const algorithm of algorithms) {
    it(`are refused at once on ${algorithm}`, async (t) => {
      const { token, header, guards, resign } = await openForge(t, algorithm)
      const deep = `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`
      const manyKids = resign({ kid: 'k'.repeat(5_000) })
      const tokens = {
        '15 kB of letters': 'a'.repeat(15_000),
        '15 kB of dots': '.'.repeat(15_000),
        '15 kB payload': resign({}, { more: 'x'.repeat(11_000) }),
        '1 MB': `${token}${'A'.repeat(1_000_000)}`,
        'deep header': `${encode(`{"alg":"${header.alg}","x":${deep}}`)}.e30.AA`,
        '100 000 deep': `${encode('['.repeat(100_000))}.e30.AA`,
        'a long kid': manyKids,
      }
      for (const { name: guard, ask } of guards) {
        await ask('warm.up.x')
        for (const [name, large] of Object.entries(tokens)) {
          const startedAt = performance.now()
          const reply = await ask(large).catch(() => undefined)
          const took = performance.now() - startedAt
          const told = `${guard}, ${name}`
          assert.ok(reply === undefined || [401, 431].includes(reply.status), `${told}: ${reply?.status}`)
          assert.ok(took < 250, `${told} took ${took} ms`)
        }
        assert.equal((await ask(token)).status, 200, guard)
      }
    })
  }
})
