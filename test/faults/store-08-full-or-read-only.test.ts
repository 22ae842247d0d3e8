/** F-STORE-08: the disk of the embedded store is full, or turns read-only: 503, no acknowledgement, no corruption, recovery by itself. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import type { Engine } from '../support/engines.ts'
import { openInstallation, outcomeOf } from '../support/processes.ts'
import { StartFailure } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const size = 6 * 1024 * 1024

describe('embedded store on a disk that fails', { skip: cannotMount() }, () => {
  it('full: refuses to write, goes on reading, and is well again when there is room', async (t) => {
    const disk = mountSmallDisk()
    t.after(disk.unmount)
    const place = await openInstallation(t, { engine: engineIn(disk.directory) })
    const ada = await place.makeAccount()
    const client = await place.enter(ada)
    const { refreshToken } = (await client.post('/auth/token', { refresh: true })).body
    const pending = await place.logIn(ada)

    disk.fill()
    // The first acts may still find room in the pages that the log has already.
    await eventually(
      async () => {
        const reply = await pending.client.post('/auth/verify-otp', { otp: '000000' })
        assert.equal(outcomeOf(reply), '503 service_unavailable')
      },
      { withinMs: 5_000, everyMs: 5 },
    )
    const login = await place.client().post('/auth/login', { email: ada.email, password: ada.password })
    assert.equal(outcomeOf(login), '503 service_unavailable')
    assert.deepEqual(login.setCookies, [])
    assert.equal(outcomeOf(await client.post('/auth/logout')), '503 service_unavailable')
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    assert.equal((await place.client().get('/healthz')).status, 200)

    disk.empty()
    const again = await eventually(
      async () => {
        const reply = await client.post('/auth/refresh', { refreshToken })
        assert.equal(reply.status, 200)
        return reply
      },
      { withinMs: 5_000, everyMs: 100 },
    )
    await place.enter(ada)
    assert.equal((await client.post('/auth/logout')).status, 200)
    await place.servers[0]?.kill9()
    await place.restart()
    const late = await client.post('/auth/refresh', { refreshToken: again.body.refreshToken })
    assert.equal(outcomeOf(late), '401 refresh_invalid')
    const integrity = await place.desk(({ stores }) => stores.database.read('pragma integrity_check'))
    assert.equal(integrity[0]?.integrity_check, 'ok')
    assert.deepEqual(await place.auditFaults(), [])
  })

  it('read-only: does not start, and says which store', async (t) => {
    const disk = mountSmallDisk()
    t.after(disk.unmount)
    const place = await openInstallation(t, { engine: engineIn(disk.directory) })
    await place.enter(await place.makeAccount())
    await place.servers[0]?.stop()

    disk.remount('ro')
    await assert.rejects(place.restart(), (reason) => {
      assert.ok(reason instanceof StartFailure)
      assert.notEqual(reason.exitCode, 0)
      assert.match(reason.output, new RegExp(disk.directory))
      assert.doesNotMatch(reason.output, /\n\s+at /)
      return true
    })
    disk.remount('rw')
    await place.restart()
  })
})

function engineIn(directory: string): Engine {
  return {
    name: 'embedded on a small disk',
    missing: () => false,
    open: async () => ({
      database: { kind: 'embedded', directory },
      env: { DATA_DIR: directory },
      cleanUp: async () => {},
    }),
  }
}

function mountSmallDisk() {
  const directory = temporaryDirectory('small-disk')
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory])
  const filler = join(directory, 'filler')
  return {
    directory,
    fill() {
      for (let chunk = size; chunk >= 4_096; chunk /= 2) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(chunk), { flag: 'a' })
        } catch {
          // Too large for what is left: half of it.
        }
      }
    },
    empty: () => rmSync(filler),
    remount(mode: 'ro' | 'rw') {
      execFileSync('mount', ['-o', `remount,${mode}`, directory])
    },
    async unmount() {
      execFileSync('umount', ['-l', directory])
    },
  }
}

function cannotMount(): string | false {
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    try {
      mountSmallDisk().unmount()
      return false
    } catch {
      // A container without the right to mount.
    }
  }
  return 'only root on Linux may mount a small disk'
}
