/** liveness 'feed' as a reader keeps it: what it learns, how fast, and what it costs. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../support/services.ts'
import { feedPath, openFakeFeed } from './fake-feed.ts'
import { jwksPath, makeKey } from './fake-issuer.ts'
import { verdict } from './guarded-api.ts'
import { openVerifier } from './verifier-before-fake.ts'

const over = '401 token_invalid session_over'
const within = { withinMs: 2_000 }

describe('a token behind the feed', () => {
  it('dies within 2 s of the end of its session, and others live', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    const [one, two] = [fake.token({ sid: 'ses_1' }), fake.token({ sid: 'ses_2' })]
    assert.deepEqual([await ask(one), await ask(two)], ['200', '200'])

    feed.ended.push('ses_1')
    await eventually(async () => assert.equal(await ask(one), over), within)
    assert.equal(await ask(fake.token({ sid: 'ses_1', jti: 'jti_2' })), over)
    assert.equal(await ask(two), '200')
    feed.ended.length = 0
    await sleep(900)
    assert.equal(await ask(one), over)
  })

  it('dies with its key, for good', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    const [seen, unseen] = [fake.token(), fake.token({ jti: 'jti_2' })]
    assert.equal(await ask(seen), '200')
    feed.key = fake.addKey('key-2')
    feed.revokedKids = ['key-1']
    await eventually(async () => assert.equal(await ask(seen), '401 token_invalid key_revoked'), within)
    assert.equal(await ask(unseen), '401 token_invalid key_revoked')
    assert.equal(await ask(fake.token()), '200')
    feed.revokedKids = []
    await sleep(900)
    assert.equal(await ask(seen), '401 token_invalid key_revoked')
  })

  it('is answered at once, without a promise, when it was seen before', async (t) => {
    const { fake, ask, verifier } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    const token = fake.token()
    assert.equal(await ask(token), '200')
    const again = verifier.verify(token)
    assert.equal(again instanceof Promise, false)
    assert.equal(verdict(await again), '200')
  })

  it('that lives longer than the feed looks back is refused, until the issuer looks back further', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    const long = fake.token({ exp: Math.floor(Date.now() / 1_000) + 3_600 })
    assert.equal(await ask(long), '401 token_invalid outlives_feed')
    assert.equal(await ask(fake.token()), '200')
    feed.windowMs = 3_720_000
    pass(1_100)
    assert.equal(await ask(long), '200')
  })
})

describe('the reader', () => {
  it('asks once for a hundred requests, and once in 750 ms after that, with the cursor', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 100 }, (_, index) => ask(fake.token({ jti: `jti_${index}` }))))
    assert.equal(fake.count(feedPath), 1)
    while (performance.now() - startedAt < 2_000) {
      await ask(fake.token())
      await sleep(20)
    }
    const asked = fake.asked.filter((each) => each.startsWith(feedPath))
    assert.ok(asked.length >= 2 && asked.length <= 4, String(asked.length))
    assert.equal(asked[0], feedPath)
    assert.match(String(asked[1]), /\?since=\d+$/)
  })

  it('reads every page before it says that nothing has ended', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    feed.pageSize = 10
    feed.ended = Array.from({ length: 95 }, (_, index) => `ses_${index}`)
    assert.equal(await ask(fake.token({ sid: 'ses_94' })), over)
    assert.equal(fake.count(feedPath), 10)
    assert.equal(await ask(fake.token({ sid: 'ses_95' })), '200')
  })

  it('sleeps when nobody asks, and knows of what ended meanwhile at the first question', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    const token = fake.token()
    assert.equal(await ask(token), '200')
    pass(61_000)
    await sleep(1_000)
    const asked = fake.count(feedPath)
    await sleep(1_000)
    assert.equal(fake.count(feedPath), asked)
    feed.ended.push('ses_1')
    assert.equal(await ask(token), over)
  })

  it('ends with its verifier', async (t) => {
    const { fake, ask, verifier } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    assert.equal(await ask(fake.token()), '200')
    verifier.close()
    const asked = fake.count(feedPath)
    await sleep(1_000)
    assert.equal(fake.count(feedPath), asked)
  })

  it('fetches a key that the feed names, also after a flood of kids that nobody knows', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    openFakeFeed(fake)
    assert.equal(await ask(fake.token()), '200')
    assert.equal(await ask(fake.token({}, makeKey('nobody'))), '401 token_invalid unknown_kid')
    assert.equal(fake.count(jwksPath), 1)
    fake.addKey('key-2')
    await eventually(() => assert.equal(fake.count(jwksPath), 2), within)
    await eventually(async () => assert.equal(await ask(fake.token()), '200'), within)
  })

  it('does not ask for ever for a key that the issuer names and does not give', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    feed.claims = { jwks: ['key-1', 'phantom'] }
    for (let index = 0; index < 40; index++) {
      assert.equal(await ask(fake.token()), '200')
      await sleep(100)
    }
    assert.ok(fake.count(jwksPath) <= 4, String(fake.count(jwksPath)))
  })
})
