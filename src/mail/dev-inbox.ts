import type { Clock } from '../utils/clock.ts'
import { canonicalEmail } from '../utils/email.ts'
import type { MailChannel } from './channel.ts'

export type InboxMail = { to: string; subject: string; code: string | null; sentAt: string }

export interface DevInbox extends MailChannel {
  /** Newest first. */
  list(to?: string): InboxMail[]
  /** The newest mail with a code (to that address); when there is none, waits for one. `undefined` when none came. */
  latest(options: { to?: string; waitMs: number }): Promise<InboxMail | undefined>
}

/** Development: the last mails in memory, so that a test or a person reads a code without a mail server. */
export function createDevInbox(clock: Clock, capacity = 100): DevInbox {
  let mails: InboxMail[] = []
  let closed = false
  const waiting = new Set<(mail: InboxMail | undefined) => void>()

  async function send({ to, subject, code }: Parameters<MailChannel['send']>[0]): Promise<void> {
    const mail = { to, subject, code: code ?? null, sentAt: new Date(clock.now()).toISOString() }
    mails = [mail, ...mails].slice(0, capacity)
    for (const listener of waiting) listener(mail)
  }

  function list(to?: string): InboxMail[] {
    return mails.filter(isTo(to))
  }

  async function latest({ to, waitMs }: { to?: string; waitMs: number }): Promise<InboxMail | undefined> {
    // Notices come between the codes, and whoever asks here wants to log in.
    const isTheirs = isTo(to)
    const wanted = (mail: InboxMail) => mail.code !== null && isTheirs(mail)
    const newest = mails.find(wanted)
    return newest ?? (closed || waitMs <= 0 ? undefined : next(wanted, Math.min(waitMs, maxWaitMs)))
  }

  function next(wanted: (mail: InboxMail) => boolean, waitMs: number): Promise<InboxMail | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => listener(undefined), waitMs)
      const listener = (mail: InboxMail | undefined) => {
        if (mail && !wanted(mail)) return
        clearTimeout(timer)
        waiting.delete(listener)
        resolve(mail)
      }
      waiting.add(listener)
    })
  }

  async function close(): Promise<void> {
    closed = true
    for (const listener of waiting) listener(undefined)
  }

  return { send, check: async () => {}, close, list, latest }
}

const maxWaitMs = 30_000

/** Asked for in any spelling, because a person types it; mails carry the canonical one. */
function isTo(to: string | undefined): (mail: InboxMail) => boolean {
  if (to === undefined) return () => true
  const address = canonicalEmail(to) ?? to
  return (mail) => mail.to === address
}
