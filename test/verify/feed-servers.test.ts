/** One feed, several servers, and clocks that are apart: what one of them says is in the order of its own clock (F-CLOCK-02). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../support/services.ts'
import { type FakeFeed, feedPath, openFakeFeed } from './fake-feed.ts'
import { openVerifier } from './verifier-before-fake.ts'

const silent = '503 service_unavailable feed_silent'
const over = '401 token_invalid session_over'
const within = { withinMs: 2_000 }

function answerAs(feed: FakeFeed, source: string, aheadMs: number): void {
  Object.assign(feed, { source, aheadMs })
}

describe('a feed of two servers', () => {
  it('is heard of the one whose clock is behind, and keeps no API from answering', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    answerAs(feed, 'server-no-1', 30_000)
    const token = fake.token()
    assert.equal(await ask(token), '200')

    answerAs(feed, 'server-no-2', -29_000)
    feed.ended.push('ses_1')

    await eventually(async () => assert.equal(await ask(token), over), within)
    pass(5_100)
    assert.equal(await ask(fake.token({ sid: 'ses_2' })), '200')
  })

  it('is heard of each in turn', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed', feedMaxAge: '1s' })
    const feed = openFakeFeed(fake)
    for (let turn = 0; turn < 6; turn++) {
      answerAs(feed, `server-no-${turn % 2}`, turn % 2 === 0 ? 30_000 : 0)
      pass(turn * 1_100)
      assert.equal(await ask(fake.token()), '200', `turn ${turn}`)
    }
  })

  it('grows no younger by what one of them said before', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    feed.claims = { since: Date.now() - feed.windowMs }
    answerAs(feed, 'server-no-1', 30_000)
    assert.equal(await ask(fake.token()), '200')
    const first = feed.last
    answerAs(feed, 'server-no-2', 0)
    pass(5_100)
    assert.equal(await ask(fake.token()), '200')
    for (const replay of [first, feed.last]) {
      feed.replay = replay
      await sleep(900)
    }
    pass(10_200)
    assert.equal(await ask(fake.token()), silent)
  })

  it('ends sessions also by a statement that is older than another, or over a minute old', async (t) => {
    for (const aheadMs of [-10_000, -61_000]) {
      const { fake, ask, pass } = await openVerifier(t, { liveness: 'feed' })
      const feed = openFakeFeed(fake)
      const token = fake.token()
      assert.equal(await ask(token), '200')
      feed.aheadMs = aheadMs
      feed.ended.push('ses_1')
      await eventually(async () => assert.equal(await ask(token), over), within)
      pass(5_100)
      assert.equal(await ask(fake.token({ sid: 'ses_2' })), silent, `${aheadMs} ms`)
    }
  })

  it('is read to its end where the next page is of a server that looks back to another minute', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'feed' })
    const feed = openFakeFeed(fake)
    feed.windowMs = 450_000
    feed.pageSize = 10
    feed.ended = Array.from({ length: 15 }, (_, index) => `ses_${index}`)
    feed.claims = {
      get since() {
        return feed.beginning + (fake.count(feedPath) === 1 ? 0 : 59_000)
      },
    }
    assert.equal(await ask(fake.token({ sid: 'ses_14' })), over)
    assert.equal(await ask(fake.token({ sid: 'ses_15' })), '200')
    assert.equal(fake.count(feedPath), 2)
    // 391 s were seen by both: a token of six minutes, and the minute for clocks, is longer.
    const exp = Math.floor(Date.now() / 1_000) + 360
    assert.equal(await ask(fake.token({ sid: 'ses_15', exp })), '401 token_invalid outlives_feed')
  })
})
