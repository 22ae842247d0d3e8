import { setTimeout as sleep } from 'node:timers/promises'
import { isCancel, password, text } from '@clack/prompts'
import { CommandFailure, exitCodes } from '../failure.ts'
import type { Visitor } from '../visitor.ts'

export type Inbox = { next(): Promise<string | undefined> }

const waitMs = 10_000

/** The dev inbox for one address, from this moment on; `undefined` where the server has none, as in production. */
export async function openInbox(visitor: Visitor, email: string): Promise<Inbox | undefined> {
  const to = encodeURIComponent(email)
  const seen = await visitor.request('GET', `/_dev/inbox?to=${to}`)
  if (seen.status !== 200 || !Array.isArray(seen.members.mails)) return undefined
  const before = new Set(seen.members.mails.map((mail) => JSON.stringify(mail)))
  return {
    async next() {
      const deadline = Date.now() + waitMs
      while (Date.now() < deadline) {
        const newest = await visitor.request('GET', `/_dev/inbox/latest?to=${to}&wait=2s`)
        // One of an earlier login is answered at once.
        if (newest.status === 200 && !before.has(JSON.stringify(newest.members))) {
          return String(newest.members.code)
        }
        await sleep(100)
      }
      return undefined
    },
  }
}

export function isAskable(input: boolean): boolean {
  return input && process.stdin.isTTY === true && process.stderr.isTTY === true
}

export async function askCode(destination: string): Promise<string> {
  return answered(
    await text({ message: `The code that was mailed to ${destination}`, output: process.stderr }),
  )
}

export async function askPassword(email: string): Promise<string> {
  return answered(await password({ message: `The password of ${email}`, output: process.stderr }))
}

function answered(answer: string | symbol | undefined): string {
  if (isCancel(answer)) throw new CommandFailure('Interrupted.', exitCodes.interrupted)
  return String(answer ?? '').trim()
}
