/** A-RACE-19: the signing key is rotated by several processes at once: one new key, and no token of a key that is not published. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { cookieOf, openInstallation, outcomeOf, raceGrounds, tally } from '../support/processes.ts'
import { eventually } from '../support/services.ts'

const command = join(import.meta.dirname, '../../bin/sallyport.js')

for (const ground of raceGrounds) {
  describe(`race 19, rotate keys at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('adds one key, and every token is signed by a published one', async (t) => {
      const place = await openInstallation(t, ground)
      const client = await place.enter(await place.makeAccount())
      const kidsOf = async (server: number): Promise<string[]> =>
        (await place.client(server).get('/.well-known/jwks.json')).body.keys.map(
          ({ kid }: { kid: string }) => kid,
        )
      const [first] = await kidsOf(0)

      const env = { PATH: process.env.PATH, ...place.env }
      const rotating = [1, 2, 3].map(() =>
        promisify(execFile)(process.execPath, [command, 'key', 'rotate', '--json'], { env, cwd: '/tmp' }),
      )
      const token = { method: 'POST', path: '/auth/token', headers: { cookie: cookieOf(client) } }
      const replies = await place.race(Array.from({ length: 200 }, () => token))
      const rotations = (await Promise.all(rotating)).map(({ stdout }) => JSON.parse(stdout))

      assert.deepEqual(tally(rotations.map(({ added }) => String(added))), { true: 1, false: 2 })
      assert.equal(new Set(rotations.map(({ kid }) => kid)).size, 1)
      const second = rotations[0].kid
      for (const [server] of place.servers.entries()) {
        await eventually(async () => assert.deepEqual(await kidsOf(server), [first, second]))
      }
      assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 200 })
      for (const { body } of replies) {
        const { kid } = JSON.parse(Buffer.from(body.accessToken.split('.')[0], 'base64url').toString())
        assert.equal(kid, first)
      }
    })
  })
}
