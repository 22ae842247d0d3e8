/** The feed unreachable, frozen, replayed and forged: what cannot be known is refused with 503, or accepted where that was chosen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../support/services.ts'
import { type FakeFeed, feedPath, openFakeFeed } from './fake-feed.ts'
import { type FakeIssuer, type Fault, makeKey } from './fake-issuer.ts'
import { openVerifier } from './verifier-before-fake.ts'

const silent = '503 service_unavailable feed_silent'
const over = '401 token_invalid session_over'

describe('a feed that does not answer', () => {
  const faults: Record<string, Fault> = {
    cut: 'cut',
    'an error': { status: 500 },
    'a redirect': { status: 302, headers: { Location: '/elsewhere' } },
    garbage: { status: 200, body: 'a.b.c' },
    nothing: { status: 200, body: '' },
  }
  for (const [name, fault] of Object.entries(faults)) {
    it(`is 503 from the beginning, and good once it is there: ${name}`, async (t) => {
      const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
      openFakeFeed(fake)
      fake.faults.set(feedPath, fault)
      assert.equal(await ask(fake.token()), silent)
      fake.faults.clear()
      await eventually(async () => assert.equal(await ask(fake.token()), '200'), { withinMs: 3_000 })
    })
  }

  it('is waited for within bounds, and then by nobody', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    fake.faults.set(feedPath, 'hang')
    const startedAt = performance.now()
    assert.equal(await ask(fake.token()), silent)
    assert.ok(performance.now() - startedAt < 3_500)
    assert.equal(fake.count(feedPath), 1)
  })

  it('is missed after feedMaxAge and not before; a session that has ended stays so', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    feed.ended.push('ses_2')
    const [live, dead] = [fake.token(), fake.token({ sid: 'ses_2' })]
    assert.deepEqual([await ask(live), await ask(dead)], ['200', over])
    fake.faults.set(feedPath, { status: 503 })
    pass(3_000)
    assert.equal(await ask(live), '200')
    pass(5_100)
    assert.deepEqual([await ask(live), await ask(dead)], [silent, over])
    fake.faults.clear()
    await eventually(async () => assert.equal(await ask(live), '200'), { withinMs: 3_000 })
  })

  it('may be gone on without, by choice: then a token is good until it expires', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed', whenFeedIsSilent: 'accept' })
    const feed = openFakeFeed(fake)
    feed.ended.push('ses_2')
    fake.faults.set(feedPath, 'cut')
    assert.equal(await ask(fake.token()), '200')
    fake.faults.clear()
    const dead = fake.token({ sid: 'ses_2' })
    await eventually(async () => assert.equal(await ask(dead), over), { withinMs: 3_000 })
    fake.faults.set(feedPath, 'cut')
    pass(60_000)
    assert.deepEqual([await ask(fake.token()), await ask(dead)], ['200', over])
  })
})

describe('a connection that the issuer has closed', () => {
  it('is no silence: the question is asked again at once, on another one', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    const answer = fake.more.get(feedPath) as NonNullable<ReturnType<typeof fake.more.get>>
    const used = new WeakSet<object>()
    fake.more.set(feedPath, (req, res) => {
      if (used.has(req.socket)) return void req.socket.destroy()
      used.add(req.socket)
      answer(req, res)
    })
    assert.equal(await ask(fake.token()), '200')
    // As after six seconds in which this process was busy and saw no end of a connection.
    pass(6_000)
    assert.equal(await ask(fake.token()), '200')
  })

  it('is tried twice and no more, and an answer not even that', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    fake.faults.set(feedPath, 'cut')
    assert.equal(await ask(fake.token()), silent)
    assert.equal(fake.count(feedPath), 2)
    const other = await openVerifier(t, { liveness: 'feed' })
    other.fake.faults.set(feedPath, { status: 503 })
    assert.equal(await other.ask(other.fake.token()), silent)
    assert.equal(other.fake.count(feedPath), 1)
    const cutOff = await openVerifier(t, { liveness: 'feed' })
    cutOff.fake.more.set(feedPath, (_req, res) => {
      res.writeHead(200, { 'Content-Length': 100 }).write('x', () => void res.destroy())
    })
    assert.equal(await cutOff.ask(cutOff.fake.token()), silent)
    assert.equal(cutOff.fake.count(feedPath), 1)
  })
})

describe('an API that was busy', () => {
  it('is not silent for that: answers that lay there unread are read, and it asks again', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed', feedMaxAge: '2s' })
    openFakeFeed(fake)
    assert.equal(await ask(fake.token()), '200')
    const answer = fake.more.get(feedPath) as NonNullable<ReturnType<typeof fake.more.get>>
    let wasBusy = false
    fake.more.set(feedPath, (req, res) => {
      answer(req, res)
      // Longer than a question may take, after the answer was sent and before anybody could read it.
      if (!wasBusy) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_600)
      wasBusy = true
    })
    await eventually(() => assert.ok(wasBusy))
    const until = performance.now() + 800
    while (performance.now() < until) {
      assert.equal(await ask(fake.token()), '200')
      await sleep(10)
    }
  })
})

describe('a feed that says nothing new', () => {
  it('is silent after feedMaxAge: the same statement again and again', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    assert.equal(await ask(fake.token()), '200')
    feed.replay = feed.last
    pass(5_100)
    assert.equal(await ask(fake.token()), silent)
    const asked = fake.count(feedPath)
    for (let index = 0; index < 100; index++) assert.equal(await ask(fake.token()), silent)
    assert.ok(fake.count(feedPath) - asked <= 2)
    feed.replay = undefined
    await eventually(async () => assert.equal(await ask(fake.token()), '200'), { withinMs: 3_000 })
  })

  it('brings nobody back: an older statement than the newest', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    const token = fake.token()
    assert.equal(await ask(token), '200')
    const before = feed.last
    feed.ended.push('ses_1')
    await eventually(async () => assert.equal(await ask(token), over), { withinMs: 2_000 })
    feed.replay = before
    await sleep(900)
    assert.equal(await ask(token), over)
    pass(5_100)
    assert.deepEqual([await ask(token), await ask(fake.token({ sid: 'ses_2' }))], [over, silent])
  })
})

describe('a statement that is not the issuer’s', () => {
  type Change = (feed: FakeFeed, fake: FakeIssuer) => void
  const claims = (more: () => Record<string, unknown>): Change => {
    return (feed) => Object.assign(feed.claims, more())
  }
  const header = (more: Record<string, unknown>): Change => {
    return (feed) => Object.assign(feed.header, more)
  }
  const changes: Record<string, Change> = {
    'of another key': (feed) => {
      feed.key = makeKey('evil')
    },
    'of another key with our kid': (feed) => {
      feed.key = makeKey('key-1')
    },
    'of another algorithm': header({ alg: 'HS256' }),
    'without algorithm': header({ alg: 'none' }),
    'of the type of a token': header({ typ: 'at+jwt' }),
    'without type': header({ typ: undefined }),
    'with crit': header({ crit: ['exp'] }),
    'an access token': (feed, fake) => {
      feed.replay = fake.token()
    },
    'signed by a key that it revokes': (feed) => {
      feed.revokedKids = ['key-1']
    },
    'of another issuer': claims(() => ({ iss: 'https://evil.test' })),
    'for another audience': claims(() => ({ aud: 'https://api.example.com' })),
    'without audience': claims(() => ({ aud: undefined })),
    'for two audiences': (feed, fake) => {
      feed.claims.aud = [`${fake.url}${feedPath}`]
    },
    'of a server without name': claims(() => ({ source: undefined })),
    'of a server with another kind of name': claims(() => ({ source: 'server-no-12' })),
    'of a server with an odd name': claims(() => ({ source: 'server/no/1' })),
    'expired over a minute ago': claims(() => ({ exp: Math.floor(Date.now() / 1_000) - 62 })),
    'without expiry': claims(() => ({ exp: undefined })),
    'over a minute old': claims(() => ({ now: Date.now() - 61_000 })),
    'from the future': claims(() => ({ now: Date.now() + 61_000 })),
    'now as text': claims(() => ({ now: String(Date.now()) })),
    'without now': claims(() => ({ now: undefined })),
    'without ended': claims(() => ({ ended: undefined })),
    'ended is no list of names': claims(() => ({ ended: [1] })),
    'without keys': claims(() => ({ keys: undefined })),
    'without more': claims(() => ({ more: undefined })),
    'pages without end': claims(() => ({ more: true, next: 1, since: 1 })),
    'a float cursor': claims(() => ({ next: 1.5 })),
  }
  for (const [name, change] of Object.entries(changes)) {
    it(`is not believed: ${name}`, async (t) => {
      const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
      const feed = openFakeFeed(fake)
      change(feed, fake)
      assert.equal(await ask(fake.token()), silent)
    })
  }

  it('is not believed where it begins later than what was asked', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    assert.equal(await ask(fake.token()), '200')
    feed.claims = { since: Date.now() - 1_000 }
    pass(5_100)
    assert.equal(await ask(fake.token()), silent)
  })

  it('is not believed of a key that was revoked before, though it says nothing of that now', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    const stolen = fake.keys[0]
    feed.key = fake.addKey('key-2')
    feed.revokedKids = ['key-1']
    assert.equal(await ask(fake.token()), '200')
    Object.assign(feed, { key: stolen, revokedKids: [] })
    pass(5_100)
    assert.equal(await ask(fake.token()), silent)
  })

  it('is no access token', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    assert.equal(await ask(fake.token()), '200')
    assert.equal(await ask(feed.last), '401 token_invalid wrong_type')
  })
})
