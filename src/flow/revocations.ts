import type { Stores } from '../stores/stores.ts'
import { digestOfSession, type RevocationStatements } from '../tokens/revocation-statement.ts'
import { BoundedMap } from '../utils/bounded-map.ts'
import { type Clock, clockLeewayMs } from '../utils/clock.ts'

export type RevocationFeed = {
  /**
   * A signed statement of the sessions that have ended since then, not older than a quarter of a second. Rejects with
   * `service_unavailable` while the store does not answer: who hears nothing must not take it for good news (I4).
   *
   * @param since the cursor of the last statement (`next`), in ms; without one, all that may matter
   */
  since(cursor: number | undefined): Promise<string>
}

/** Entries of one statement. */
const pageSize = 10_000
/** Cursors are cut to this, in ms, so that many readers ask for the same URL, which a shared cache answers. */
const stepMs = 10_000
/** For readers that have slept, the shortest step and the number of them: each page costs its making, and any may be asked for. */
const longStepMs = 60_000
const mostLongSteps = 7
/**
 * How far a cursor stays behind, in ms: a session may be noted as ended a minute ago by a server whose clock is behind
 * (F-CLOCK-02), and its transaction may take until the store's deadline.
 */
const overlapMs = clockLeewayMs + 10_000
/** For the clocks of the servers, and once more for those of the readers. */
const slackMs = 2 * clockLeewayMs
/** Real ms. A reader that polls and a cache between add theirs: a token is dead everywhere within 2 s. */
const freshForMs = 250

type FeedOptions = {
  stores: Pick<Stores, 'read'>
  statements: RevocationStatements
  clock: Clock
  accessTokenTtlMs: number
}
type Page = { now: number; next: number; more: boolean; statement: string }
/** By both clocks: the one of the flow can be set. */
type Kept = { askedAt: number; now: number; page: Promise<Page> }

/**
 * What tells other people's APIs that a token is dead. Anybody may ask, and so asking has to be cheap: answers begin only at full
 * ten seconds, or where another page ends, so there are few different ones however many cursors are made up, and each is made
 * once in a quarter of a second for everybody who waits for it. An answer that begins before its cursor says nothing wrong.
 */
export function createRevocationFeed(options: FeedOptions): RevocationFeed {
  const { clock, accessTokenTtlMs } = options
  const pages = new BoundedMap<number, Kept>(256)

  return {
    async since(cursor = 0) {
      const now = clock.now()
      let page = await pageAt(startOf(cursor, now, accessTokenTtlMs + slackMs))
      // Only what one page could not hold goes on in the middle of a step.
      while (page.more && page.next <= cursor) page = await pageAt(page.next)
      return page.statement
    },
  }

  function pageAt(since: number): Promise<Page> {
    const known = pages.get(since)
    if (known && isFresh(known, clock.now())) return known.page
    const kept = { askedAt: performance.now(), now: clock.now(), page: makePage(options, since) }
    pages.set(since, kept)
    const drop = () => {
      if (pages.get(since) === kept) pages.delete(since)
    }
    kept.page.catch(drop)
    setTimeout(drop, freshForMs).unref()
    return kept.page
  }
}

function isFresh({ askedAt, now: then }: Kept, now: number): boolean {
  return performance.now() - askedAt < freshForMs && Math.abs(now - then) < freshForMs
}

/** A cursor from the future is of a server whose clock is ahead, or of a page in the middle. */
function startOf(cursor: number, now: number, windowMs: number): number {
  const wanted = Math.min(Math.max(cursor, now - windowMs), now - overlapMs)
  if (wanted >= now - 2 * overlapMs) return fullStep(wanted, stepMs)
  return fullStep(wanted, Math.max(longStepMs, fullStep(windowMs / mostLongSteps, longStepMs)))
}

async function makePage({ stores, statements, clock }: FeedOptions, since: number): Promise<Page> {
  // Taken before the store is asked: whatever ends later may be missing.
  const now = clock.now()
  const found = await stores.read.revocations.endedSince(since, now, pageSize)
  const more = found.next !== undefined
  const next = found.next ?? fullStep(now - overlapMs, stepMs)
  const ended = found.ids.map(digestOfSession)
  return { now, next, more, statement: await statements.sign({ now, since, next, more, ended }) }
}

function fullStep(milliseconds: number, stepLength: number): number {
  return Math.floor(milliseconds / stepLength) * stepLength
}
