/** Native mode: a refresh token in a store that several processes share, over a network that loses answers. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { createClient } from '../../client/src/index.ts'
import { nativeStorage, type TokenStore } from '../../client/src/native.ts'
import { endWithThisProcess, temporaryDirectory } from '../support/child-processes.ts'
import { openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import { type BrowserLike, offline, openBrowserLike, problem, signIn } from './browser-like.ts'
import { openFileStore } from './native-process.ts'

type MemoryStore = TokenStore & { token: string | null; writes: (string | null)[] }

/** Slow, as a keychain is: whoever reads and then writes without comparing loses. */
function memoryStore(token: string | null = null): MemoryStore {
  const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
  const store: MemoryStore = {
    token,
    writes: [],
    async read() {
      await pause()
      return store.token
    },
    async replace(expected, next) {
      await pause()
      if (store.token !== expected) return false
      store.token = next
      store.writes.push(next)
      return true
    },
  }
  return store
}

type Scene = { gate: TestGate; ada: TestAccount; network: BrowserLike; store: MemoryStore }

/** Signed in; the browser's jar plays no part, since a native client asks for no cookies of it. */
async function openScene(t: TestContext): Promise<Scene> {
  const gate = await openGate(t)
  const ada = await gate.makeAccount()
  const network = openBrowserLike(gate)
  t.after(network.close)
  const store = memoryStore()
  const auth = network.tab({ storage: nativeStorage(store), fetch: withoutJar(network) })
  await signIn(gate, ada, auth)
  return { gate, ada, network, store }
}

function withoutJar(network: BrowserLike): BrowserLike['fetch'] {
  return (input, init) => network.fetch(input, { ...init, credentials: 'omit' })
}

/** Makes the next renewal a rotation: the store holds the refresh token alone. */
function ageStore({ store, gate }: Scene): string {
  gate.clock.advance('31s')
  store.token = store.token?.split(' ')[0] ?? null
  return store.token ?? ''
}

function app({ network, store }: Scene, storage: TokenStore = store) {
  return network.tab({ storage: nativeStorage(storage), fetch: withoutJar(network) })
}

describe('native mode', () => {
  it('signs in without a cookie jar, keeps the refresh token and finds it again', async (t) => {
    const scene = await openScene(t)
    const { ada, store, network } = scene
    assert.ok(store.token)
    const auth = app(scene)
    await auth.ready()
    assert.deepEqual(auth.state.stage === 'verified' && auth.state.user, { id: ada.id, email: ada.email })
    assert.equal((await auth.fetch('/auth/protected')).status, 200)
    assert.equal(network.sent.at(-1)?.headers.get('cookie'), null)
  })

  it('is anonymous with an empty store', async (t) => {
    const scene = await openScene(t)
    const auth = app(scene, memoryStore())
    assert.equal((await auth.ready()).stage, 'anonymous')
  })

  it('shares an access token that is good: nobody asks the server', async (t) => {
    const scene = await openScene(t)
    const tokens = await Promise.all(Array.from({ length: 5 }, () => app(scene).token()))
    assert.equal(new Set(tokens).size, 1)
    assert.equal(scene.network.count(/refresh/), 0)
  })

  it('gives five apps that renew at once one successor', async (t) => {
    const scene = await openScene(t)
    ageStore(scene)
    const before = scene.store.writes.length
    const apps = Array.from({ length: 5 }, () => app(scene))
    await Promise.all(apps.map((auth) => auth.token()))
    assert.ok(apps.every(({ state }) => state.stage === 'verified'))
    assert.equal(scene.store.writes.length, before + 1)
    assert.equal(await rotations(scene.gate), 1)
    ageStore(scene)
    assert.ok(await app(scene).token())
  })

  it('renews over five apps at a time that lose every third answer, and forks nothing', async (t) => {
    const scene = await openScene(t)
    const { network, gate } = scene
    let sent = 0
    network.fail(async ({ path }, forward) => {
      if (path !== '/auth/refresh' || sent++ % 3 !== 0) return undefined
      await forward()
      throw new TypeError('the answer was lost')
    })
    for (let round = 0; round < 8; round++) {
      ageStore(scene)
      const apps = Array.from({ length: 5 }, () => app(scene))
      await Promise.all(apps.map((auth) => auth.token()))
      for (const auth of apps) auth.dispose()
    }
    network.fail()
    assert.equal(await rotations(gate), 8)
    assert.ok(await app(scene).token())
  })

  it('keeps the token when the answer is lost for good, and goes on with it within the grace', async (t) => {
    const scene = await openScene(t)
    const { network, store } = scene
    const kept = ageStore(scene)
    network.fail(async ({ path }, forward) => {
      if (path !== '/auth/refresh') return undefined
      await forward()
      return offline()
    })
    await assert.rejects(app(scene).token(), { kind: 'offline' })
    assert.equal(store.token, kept)
    network.fail()
    scene.gate.clock.advance('20s')
    assert.ok(await app(scene).token())
    assert.notEqual(store.token, kept)
  })

  it('is not signed out by a refusal of a token that another app has replaced meanwhile', async (t) => {
    const scene = await openScene(t)
    const { network, store } = scene
    ageStore(scene)
    const slow = app(scene)
    let isFirst = true
    network.fail(async ({ path }) => {
      if (path !== '/auth/refresh' || !isFirst) return undefined
      isFirst = false
      // While the slow one is on its way, another app renews.
      await app(scene).token()
      return problem(401, 'refresh_invalid')
    })
    assert.ok(await slow.token())
    assert.ok(store.token)
  })

  it('is signed out by a refusal of the token that the store holds', async (t) => {
    const scene = await openScene(t)
    const auth = app(scene)
    await auth.ready()
    await scene.gate.disable(scene.ada)
    const later = app(scene)
    assert.equal((await later.ready()).stage, 'anonymous')
    assert.equal(scene.store.token, null)
  })

  it('logs out: the store is empty, the session over, and a renewal that comes back changes nothing', async (t) => {
    const scene = await openScene(t)
    const { network, store } = scene
    const auth = app(scene)
    await auth.ready()
    ageStore(scene)
    const other = app(scene)
    let isHeld = true
    network.fail(async ({ path }, forward) => {
      if (path !== '/auth/refresh' || !isHeld) return undefined
      isHeld = false
      const reply = await forward()
      await auth.logout()
      return reply
    })
    await assert.rejects(other.token())
    assert.equal(store.token, null)
    network.fail()
    await assert.rejects(app(scene).token(), { code: 'session_missing' })
  })

  it('signs out of the server with an expired access token too', async (t) => {
    const scene = await openScene(t)
    const auth = app(scene)
    await auth.ready()
    const [refreshToken] = scene.store.token?.split(' ') ?? []
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 600_000 })
    scene.gate.clock.advance('10m')
    await auth.logout({ everywhere: true })
    const reply = await scene.gate.client().post('/auth/refresh', { refreshToken })
    assert.equal(reply.status, 401)
  })

  it('is not signed out by a store that fails, and gets out of it all the same', async (t) => {
    const scene = await openScene(t)
    const auth = app(scene)
    await auth.ready()
    const broken: TokenStore = {
      read: async () => assert.fail('the keychain is locked'),
      replace: async () => assert.fail('the keychain is locked'),
    }
    const unlucky = app(scene, broken)
    await assert.rejects(unlucky.token(), /keychain is locked/)
    assert.equal(unlucky.state.stage, 'loading')
    await unlucky.logout()
    assert.equal(unlucky.state.stage, 'anonymous')
    assert.equal(auth.state.stage, 'verified')
  })

  it('is the same for five processes that share a file', { timeout: 60_000 }, async (t) => {
    const scene = await openScene(t)
    const { gate, store } = scene
    const file = join(temporaryDirectory('client'), 'token.db')
    const kept = openFileStore(file)
    const rounds = 4
    for (let round = 0; round < rounds; round++) {
      if (round > 0) store.token = await kept.read()
      await kept.replace(await kept.read(), ageStore(scene))
      const outputs = await Promise.all(Array.from({ length: 5 }, () => runProcess(`${gate.url}/auth`, file)))
      const lines = outputs.flatMap((output) => output.trim().split('\n'))
      assert.equal(lines.length, 25)
      // All four tries of a renewal may lose their answers: that is no sign-out.
      assert.deepEqual(
        lines.filter((line) => line !== 'renewed verified' && line !== 'offline offline loading'),
        [],
      )
    }
    assert.ok((await rotations(gate)) <= rounds)
    const last = createClient({ url: `${gate.url}/auth`, storage: nativeStorage(kept) })
    assert.ok(await last.token())
    last.dispose()
    kept.close()
  })
})

async function rotations(gate: TestGate): Promise<number> {
  const [row] = await gate
    .sallyport()
    .inside.gate.stores.database.read(
      "select count(*) as n from audit_events where type = 'refresh.rotated'",
      [],
    )
  return Number(row?.n)
}

async function runProcess(url: string, file: string): Promise<string> {
  const script = join(import.meta.dirname, 'native-process.ts')
  const child = spawn(process.execPath, [script, url, file, '5'], { stdio: ['ignore', 'pipe', 'inherit'] })
  endWithThisProcess(child)
  return text(child.stdout)
}
