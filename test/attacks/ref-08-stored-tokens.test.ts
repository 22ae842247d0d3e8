/** A-REF-08: somebody reads the store. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

describe('A-REF-08: refresh tokens in the store', () => {
  it('are not there, and nothing there makes one', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const first = (await gate.bothTokens(client)).refreshToken
    const second = (await client.post('/auth/refresh', { refreshToken: first })).body.refreshToken
    const { database } = gate.sallyport().inside.gate.stores
    const dump = JSON.stringify(await database.read('select * from sessions'))

    for (const token of [first, second]) {
      assert.equal(dump.includes(token), false)
      assert.equal(dump.includes(token.slice(4)), false)
      // The last 32 bytes are what only the key makes.
      const bytes = Buffer.from(token.slice(4), 'base64url')
      assert.equal(dump.includes(bytes.subarray(20).toString('base64url')), false)
      assert.equal(dump.includes(bytes.subarray(20).toString('hex')), false)
    }
    const [row] = await database.read(
      'select refresh_family, refresh_generation from sessions where refresh_family is not null',
    )
    const forged = Buffer.concat([Buffer.from(String(row?.refresh_family), 'base64url'), Buffer.alloc(36)])
    forged.writeUInt32BE(Number(row?.refresh_generation), 16)
    const reply = await client.post('/auth/refresh', { refreshToken: `srt_${forged.toString('base64url')}` })
    assert.equal(reply.status, 401)
    assert.equal((await client.post('/auth/refresh', { refreshToken: second })).status, 200)
  })
})
