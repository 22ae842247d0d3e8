import { randomUUID } from 'node:crypto'
import type { DevInbox, InboxMail } from '../dev-tools.ts'
import type { Mail } from '../mail/channel.ts'
import type { Clock } from '../utils/clock.ts'
import { canonicalEmail } from '../utils/email.ts'

/** `id` is not to be guessed: a frame asks for the mail with nothing else in its hands. */
export type KeptMail = InboxMail & { id: string; mail: Mail }

export interface KeptInbox extends DevInbox {
  /** Newest first. */
  kept(): readonly KeptMail[]
  onMail(listener: () => void): void
}

const maxWaitMs = 30_000

/** Development: the last mails in memory, so that a test or a person reads a code without a mail server. */
export function createDevInbox(clock: Clock, capacity = 100): KeptInbox {
  let mails: KeptMail[] = []
  let closed = false
  const waiting = new Set<(mail: InboxMail | undefined) => void>()
  const listeners: (() => void)[] = []

  async function send(mail: Mail): Promise<void> {
    const { to, subject, code = null } = mail
    const shown = { to, subject, code, sentAt: new Date(clock.now()).toISOString() }
    mails = [{ ...shown, id: randomUUID(), mail }, ...mails].slice(0, capacity)
    for (const listener of waiting) listener(shown)
    for (const listener of listeners) listener()
  }

  function list(to?: string): InboxMail[] {
    return mails.filter(isTo(to)).map(withoutText)
  }

  async function latest({ to, waitMs }: { to?: string; waitMs: number }): Promise<InboxMail | undefined> {
    // Notices come between the codes, and whoever asks here wants to log in.
    const isTheirs = isTo(to)
    const wanted = (mail: InboxMail) => mail.code !== null && isTheirs(mail)
    const newest = mails.find(wanted)
    if (newest) return withoutText(newest)
    return closed || waitMs <= 0 ? undefined : next(wanted, Math.min(waitMs, maxWaitMs))
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

  const onMail = (listener: () => void) => void listeners.push(listener)
  return { send, check: async () => {}, close, list, latest, kept: () => mails, onMail }
}

function withoutText({ to, subject, code, sentAt }: KeptMail): InboxMail {
  return { to, subject, code, sentAt }
}

/** Asked for in any spelling, because a person types it; mails carry the canonical one. */
function isTo(to: string | undefined): (mail: InboxMail) => boolean {
  if (to === undefined) return () => true
  const address = canonicalEmail(to) ?? to
  return (mail) => mail.to === address
}
