/** For races about codes that strangers can ask for: whoever got a session with a reply, and the code that was mailed for it. */
import assert from 'node:assert/strict'
import { codeOfChallenge, type Installation, outcomeOf } from './processes.ts'
import type { RawResponse } from './raw-response.ts'

export type Waiting = { cookie: string; code: string; sessionId: string; index: number }

/** Of the replies that are 200, in their order: the session that each opened, with its code. */
export async function waitingSessions(place: Installation, replies: RawResponse[]): Promise<Waiting[]> {
  const opened = replies
    .map((reply, index) => ({ ...reply, index }))
    .filter((reply) => outcomeOf(reply) === '200')
  return place.desk(async ({ stores }) =>
    Promise.all(
      opened.map(async ({ body, setCookies, index }) => {
        const session = await stores.read.sessions.find(body.sessionId)
        const code = codeOfChallenge(session?.challengeId ?? '')
        return { cookie: sessionCookie(setCookies), code, sessionId: body.sessionId, index }
      }),
    ),
  )
}

/**
 * The outcomes without those that were told to come again: 200 hashes take two seconds here, and longer than the 4.8 of a
 * request while other tests run beside (I5). A quarter has to be in time, or it was no race.
 */
export function inTime(outcomes: Record<string, number>): Record<string, number> {
  const { '503 service_unavailable': late = 0, ...rest } = outcomes
  assert.ok(late <= 150, JSON.stringify(outcomes))
  return rest
}

/** `name=value` of the session cookie that a reply sets; '' when it sets none. */
export function sessionCookie(setCookies: string[]): string {
  const line = setCookies.find((each) => /^(__Host-)?sallyport\.sid=./.test(each))
  return line?.split(';')[0] ?? ''
}

/** A code that lives for days, from the text of its mail. */
export function mailedCodeIn({ text }: { text: string }): string {
  const code = /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}/.exec(text)?.[0]
  if (code === undefined) throw new Error(`No long code in:\n${text}`)
  return code
}

/** Another network each time, and another wide one. */
export function sourceOf(index: number): string {
  return `10.${(index >> 8) & 255}.${index & 255}.1`
}
