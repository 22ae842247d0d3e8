import type { SessionRecord } from '../stores/session-record.ts'
import { BoundedMap } from '../utils/bounded-map.ts'
import type { Clock } from '../utils/clock.ts'
import { isAliveForTokens } from './session-state.ts'

/** Real milliseconds. Contract 3: a token of an ended session is refused by every server within 1 s. */
const freshForMs = 800

/** `undefined` when the session of a token has ended. Answers from memory synchronously. */
export type TokenLiveness = {
  check(sessionId: string): SessionRecord | undefined | Promise<SessionRecord | undefined>
  /** The session changed in this process: ask the store again. */
  forget(sessionId: string): void
}

type Known = { session: SessionRecord | undefined; askedAt: number }

/**
 * Remembers for less than a second whether a session is alive, so that a token that is used a thousand times a second costs
 * one read. When the store does not answer there is no answer here either, and the route is refused (I4).
 */
export function createTokenLiveness(options: {
  find: (sessionId: string) => Promise<SessionRecord | undefined>
  clock: Clock
}): TokenLiveness {
  const known = new BoundedMap<string, Known>(20_000)
  const asked = new Map<string, Promise<SessionRecord | undefined>>()

  return {
    check(sessionId) {
      const entry = known.get(sessionId)
      if (entry && performance.now() - entry.askedAt < freshForMs) return alive(entry.session)
      return ask(sessionId)
    },
    forget(sessionId) {
      known.delete(sessionId)
      // An answer that is under way may be from before the change: nobody new waits for it, and it isn't kept.
      asked.delete(sessionId)
    },
  }

  function ask(sessionId: string): Promise<SessionRecord | undefined> {
    const underWay = asked.get(sessionId)
    if (underWay) return underWay
    const askedAt = performance.now()
    const question = options.find(sessionId).then((session) => {
      if (asked.get(sessionId) === question) known.set(sessionId, { session, askedAt })
      return alive(session)
    })
    asked.set(sessionId, question)
    const done = () => {
      if (asked.get(sessionId) === question) asked.delete(sessionId)
    }
    question.then(done, done)
    return question
  }

  function alive(session: SessionRecord | undefined): SessionRecord | undefined {
    return session && isAliveForTokens(session, options.clock.now()) ? session : undefined
  }
}
