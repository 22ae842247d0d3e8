/** A-JWT-05: the server is asked to fetch the key, or whatever else, from an address in the token. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { algorithms, openForge } from './forge.ts'

describe('A-JWT-05: jku, x5u and kid that point somewhere', () => {
  it('are not followed: no connection is made', async (t) => {
    let connections = 0
    const evil = createServer((_req, res) => void res.end('{"keys":[]}'))
    evil.on('connection', () => {
      connections++
    })
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    t.after(() => new Promise((resolve) => evil.close(resolve)))
    const url = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/jwks.json`

    for (const algorithm of algorithms) {
      const { resign, guards } = await openForge(t, algorithm)
      for (const header of [
        { jku: url, kid: 'mine' },
        { x5u: url, kid: 'mine' },
        { kid: url },
        { kid: '../../../../dev/null' },
        { kid: "x' union select 1 --" },
        { kid: '__proto__' },
        { kid: '' },
        { kid: null },
      ]) {
        for (const { name, ask } of guards) {
          assert.equal((await ask(resign(header))).status, 401, `${name}, ${JSON.stringify(header)}`)
        }
      }
    }
    await sleep(50)
    assert.equal(connections, 0)
  })
})
