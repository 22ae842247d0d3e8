/** F-DEPLOY-04: a second server on one embedded store refuses to start, and says what to do; a killed one leaves no lock. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { embedded } from '../support/engines.ts'
import { openInstallation } from '../support/processes.ts'
import { StartFailure, startServer } from '../support/server-process.ts'

describe('a second server on one embedded store', () => {
  it('refuses to start in one clear line, and the first goes on', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const client = await place.enter(await place.makeAccount())
    const second = startServer({ env: place.env, cwd: temporaryDirectory('second') })
    await assert.rejects(second, (reason) => {
      assert.ok(reason instanceof StartFailure)
      assert.equal(reason.exitCode, 1)
      const line = reason.output
        .split('\n')
        .filter((each) => each.includes('Another server uses the embedded store'))
      assert.equal(line.length, 1)
      assert.match(line[0] ?? '', /Stop it, set another DATA_DIR, or use Postgres \(DATABASE_URL\)/)
      assert.doesNotMatch(reason.output, /\n\s+at /)
      return true
    })
    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('starts at once after a kill -9 of the first', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const client = await place.enter(await place.makeAccount())
    await place.servers[0]?.kill9()
    await place.restart()
    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('is no server: commands act beside the first', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const accounts = await Promise.all(Array.from({ length: 5 }, () => place.makeAccount()))
    for (const account of accounts) await place.enter(account)
  })
})
