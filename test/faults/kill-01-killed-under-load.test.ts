/** F-KILL-01, F-KILL-02, F-KILL-03: kill -9 at random moments under load. Nothing acknowledged is lost, nothing comes back (I1-I3). */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { embedded, postgres } from '../support/engines.ts'
import { openLedger, replay, startLoad } from '../support/ledger.ts'
import { postgresMissing, startPostgres } from '../support/postgres.ts'
import { engineAt, openInstallation } from '../support/processes.ts'

/** Of each kind of installation. */
const kills = Number(process.env.KILLS ?? 6)

for (const [engine, processes] of [
  [embedded, 1],
  [postgres, 2],
] as const) {
  describe(`kill -9 under load, ${engine.name}`, { skip: engine.missing() }, () => {
    it(`loses nothing that was acknowledged, ${kills} times`, async (t) => {
      const place = await openInstallation(t, { engine, processes })
      const accounts = [await place.makeAccount(), await place.makeAccount(), await place.makeAccount()]
      let acknowledged = 0
      for (let kill = 0; kill < kills; kill++) {
        const ledger = openLedger()
        const load = startLoad(place, ledger, accounts)
        await sleep(randomInt(100, 700))
        const created = place.makeAccount()
        await Promise.all(place.servers.map((server) => server.kill9()))
        await load.stop()
        accounts.push(await created)
        for (const index of place.servers.keys()) await place.restart(index)

        acknowledged += (await replay(place, ledger)).acknowledged
        await place.enter(await created)
        ledger.close()
      }
      assert.ok(
        acknowledged > 3 * kills,
        `only ${acknowledged} replies in ${kills} rounds: the load is too small`,
      )
    })
  })
}

describe('kill -9 of Postgres under load', { skip: postgresMissing() }, () => {
  it('F-KILL-03: loses nothing that was acknowledged, three times, with the same server process', async (t) => {
    const server = await startPostgres()
    t.after(server.close)
    const place = await openInstallation(t, { engine: engineAt(server) })
    const accounts = [await place.makeAccount(), await place.makeAccount(), await place.makeAccount()]
    for (let kill = 0; kill < 3; kill++) {
      const ledger = openLedger()
      const load = startLoad(place, ledger, accounts)
      await sleep(randomInt(200, 700))
      await server.stopHard()
      await load.stop()
      await server.start()
      await sleep(1_000)
      await replay(place, ledger)
      ledger.close()
    }
  })
})
