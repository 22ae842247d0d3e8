import { setTimeout as sleep } from 'node:timers/promises'
import type { CookieJar } from '../cookie-jar.ts'
import { createDraw } from './draws.ts'
import type { Question } from './network.ts'
import { type Client, type Run, renew, type Way } from './renew.ts'

/** Clients that share what they renew with. */
export type Crowd = {
  name: string
  clients: Client[]
  rounds: number
  /** What a request that was cut gets to be worked on before the next round begins. */
  lingerMs: number
  /** ms since 1970: the limit of the server leaves too little for a round before. */
  heldUntil: number
  /** How each of its clients renews in the round that begins now. */
  begin(): (client: Client) => Way
  /** What it would renew with, once nothing is on its way any more. */
  question(): Question
}

/** Tabs of one browser: each renews by the session cookie that all share. */
export function cookieCrowd(tabs: number, seed: string, jar: CookieJar): Crowd {
  const name = 'tabs, by cookie'
  const ask = (who: string): Question => ({
    who,
    method: 'POST',
    path: '/auth/token',
    headers: { cookie: jar.header() },
  })
  const crowd: Crowd = {
    name,
    rounds: 0,
    // A cookie stays the same: there is nothing to overtake.
    lingerMs: 0,
    heldUntil: 0,
    clients: clientsOf(tabs, seed, (tab) => `tab ${tab}, by cookie`),
    begin: () => (client) => ({
      question: () => ask(client.who),
      took(_question, { headers }) {
        jar.keep(headers['set-cookie'] ?? [])
        const [, left, resetSeconds] = /;r=(\d+);t=(\d+)/.exec(String(headers.ratelimit ?? '')) ?? []
        // As much again for what gets lost.
        if (left !== undefined && Number(left) < 2 * tabs) {
          crowd.heldUntil = Date.now() + Number(resetSeconds) * 1_000
        }
      },
    }),
    question: () => ask(name),
  }
  return crowd
}

/**
 * Clients that share one stored refresh token, as some pages do and as an app does alone. Some look at the store before they ask,
 * and have nothing to ask when another was quicker; some come late with the copy that they had when the round began.
 * All write what they got only where the store still holds what they asked with: an older reply must not undo a newer one.
 */
export function storedTokenCrowd(
  { name, clients, seed }: { name: string; clients: number; seed: string },
  stored: { refreshToken: string },
): Crowd {
  const ask = (who: string, refreshToken: string): Question => ({
    who,
    method: 'POST',
    path: '/auth/refresh',
    body: { refreshToken },
  })
  return {
    name,
    rounds: 0,
    lingerMs: 1_000,
    heldUntil: 0,
    clients: clientsOf(clients, seed, (tab) => (clients === 1 ? name : `tab ${tab}, by stored token`)),
    begin() {
      const copy = stored.refreshToken
      return ({ who, draw }) => {
        const looks = draw() < 0.3
        return {
          question: () => (looks && stored.refreshToken !== copy ? undefined : ask(who, copy)),
          took(_question, { members }) {
            if (stored.refreshToken === copy) stored.refreshToken = String(members.refreshToken)
          },
        }
      }
    },
    question: () => ask(name, stored.refreshToken),
  }
}

function clientsOf(count: number, seed: string, whoOf: (number: number) => string): Client[] {
  return Array.from({ length: count }, (_, index) => {
    const who = whoOf(index + 1)
    return { who, draw: createDraw(seed, who), accessToken: undefined, expiresAt: 0, isSignedOut: false }
  })
}

/**
 * In life a client renews every few minutes; here the next round begins as soon as nobody has anything to ask any more. A request
 * that was cut gets its second to be worked on: let into the next round, it would be what the server takes for a thief's.
 */
const betweenMs = 50

/** @param rounds at most */
export async function runRounds(run: Run, crowd: Crowd, rounds: number): Promise<void> {
  while (crowd.rounds < rounds && Date.now() < run.endsAt) {
    const staying = crowd.clients.filter(({ isSignedOut }) => !isSignedOut)
    if (staying.length === 0) return
    crowd.rounds++
    const wayOf = crowd.begin()
    const ends = await Promise.all(
      staying.map(async (client) => {
        // Half of them wake at the same moment, the others when they get to it.
        const late = client.draw() < 0.5 ? 0 : client.draw() * 300
        await sleep(late, undefined, { signal: run.signal })
        return renew(run, client, wayOf(client))
      }),
    )
    const settledAt = Date.now() + betweenMs + (ends.some(({ mayLinger }) => mayLinger) ? crowd.lingerMs : 0)
    const nextAt = Math.max(settledAt, Math.min(crowd.heldUntil, run.endsAt))
    await sleep(nextAt - Date.now(), undefined, { signal: run.signal })
  }
}
