/** The acts on signing keys, on every engine: one key follows another (A-RACE-19). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StoredSigningKey } from '../../src/stores/signing-keys.ts'
import { engines, memory } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

for (const engine of [...engines, memory]) {
  describe(`signing keys, ${engine.name}`, { skip: engine.missing() }, () => {
    it('follow one another, once, of fifty that come at once', async (t) => {
      const opened = await engine.open()
      const stores = await openTestStores(opened.database)
      t.after(async () => {
        await stores.close()
        await opened.cleanUp()
      })
      const add = (kid: string, follows: string, activeAt: number) =>
        stores.atomically(({ signingKeys }) => signingKeys.add(key(kid, follows, activeAt)))
      const kids = async () => (await stores.read.signingKeys.list()).map(({ kid }) => kid)

      assert.deepEqual([await add('first', '', 10), await add('also first', '', 10)], [true, false])
      assert.deepEqual(await stores.read.signingKeys.list(), [key('first', '', 10)])

      const added = await Promise.all(
        Array.from({ length: 50 }, (_, index) => add(`second ${index}`, 'first', 20)),
      )
      assert.equal(added.filter(Boolean).length, 1)
      const [, second = ''] = await kids()
      assert.match(second, /^second \d+$/)

      assert.equal(await add('third', second, 30), true)
      assert.deepEqual(await kids(), ['first', second, 'third'])

      await stores.atomically(({ signingKeys }) => signingKeys.remove(['first', 'unknown']))
      assert.deepEqual(await kids(), [second, 'third'])
      assert.equal(await add('a second second', 'first', 20), false)
    })
  })
}

function key(kid: string, follows: string, activeAt: number): StoredSigningKey {
  return {
    kid,
    algorithm: 'ES256',
    publicJwk: '{"kty":"EC"}',
    sealedPrivateJwk: 'sealed',
    createdAt: 5,
    activeAt,
    follows,
  }
}
