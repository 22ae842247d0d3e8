import type { Settings } from './config/settings.ts'
import type { DevInbox } from './dev-tools.ts'
import type { EmailOtp } from './factors/email-otp.ts'
import { isLongCode } from './flow/code-of-challenge.ts'
import type { Log } from './log/log.ts'
import type { MailChannel } from './mail/channel.ts'
import { createConsoleChannel } from './mail/console-channel.ts'
import { composeMail } from './mail/messages.ts'
import { createOutboxWorker, type MailOutcome, type OutboxRecord } from './mail/outbox-worker.ts'
import { createSeveralChannels } from './mail/several-channels.ts'
import { createSmtpChannel } from './mail/smtp-channel.ts'
import type { Stores } from './stores/stores.ts'
import type { Clock } from './utils/clock.ts'
import type { MailedCodes } from './utils/mailed-code.ts'

export type Mailing = {
  /** Development only. */
  inbox: DevInbox | undefined
  wake: () => void
  idle: () => Promise<void>
  stop: () => Promise<void>
}

/** The outbox worker over the channels of the settings: SMTP, and in development the console and the inbox. */
export function openMail(options: {
  settings: Settings
  stores: Stores
  clock: Clock
  log: Log
  print: (line: string) => void
  emailOtp: Pick<EmailOtp, 'codeOf'>
  mailedCodes: Pick<MailedCodes, 'codeOf'>
  inbox: DevInbox | undefined
}): Mailing {
  const { settings, stores, clock, log, inbox } = options
  const channel = openChannel(settings, inbox, options.print)
  const worker = createOutboxWorker({
    store: outboxStore(stores),
    channel,
    compose: (record) => composeMail(record, contextOf(record, options)),
    clock,
    onOutcome: (outcome) => log.event(describe(outcome, clock.now())),
    onFault: (reason) => log.fault('mail', reason),
  })
  return {
    inbox,
    wake: () => worker.wake(),
    idle: () => worker.idle(),
    async stop() {
      await worker.stop()
      await channel.close()
    },
  }
}

function openChannel(
  settings: Settings,
  inbox: DevInbox | undefined,
  print: (line: string) => void,
): MailChannel {
  const smtp =
    settings.smtpUrl === undefined
      ? []
      : [createSmtpChannel({ url: settings.smtpUrl, from: settings.mailFrom })]
  if (settings.mode === 'development') {
    return createSeveralChannels([createConsoleChannel(print), ...(inbox ? [inbox] : []), ...smtp])
  }
  const [channel] = smtp
  if (!channel) throw new Error('Without SMTP_URL no code can reach anybody: set it, or run in development.')
  return channel
}

function outboxStore(stores: Stores) {
  return {
    async claim(lease: { now: number; leaseMs: number; limit: number }): Promise<OutboxRecord[]> {
      // A look is cheaper than an act, and most looks find nothing.
      if (!(await stores.read.outbox.due(lease.now))) return []
      const records = await stores.atomically(({ outbox }) => outbox.claim(lease))
      return records.map((record) => ({
        ...record,
        isForNobody: record.isForNobody || reachesNobody(record.to),
      }))
    },
    markSent: (id: string, now: number) => stores.atomically(({ outbox }) => outbox.markSent(id, now)),
    markFailed: (id: string, failure: { now: number; nextAttemptAt: number | null; error: string }) =>
      stores.atomically(({ outbox }) => outbox.markFailed(id, failure)),
  }
}

/** No mailbox is under `.invalid` (RFC 6761 6.4): the account of `sallyport doctor` is there, and no bounce comes of it. */
function reachesNobody(to: string): boolean {
  return to.endsWith('.invalid')
}

/** Kinds whose code is long and lives for days. */
const mailedCodeKinds = new Set(['invitation', 'email_changed'])

function contextOf(
  { kind, challengeId, detail }: OutboxRecord,
  { emailOtp, mailedCodes }: Pick<Parameters<typeof openMail>[0], 'emailOtp' | 'mailedCodes'>,
): { code?: string } {
  if (challengeId === null) return {}
  const isLong = mailedCodeKinds.has(kind) || isLongCode(detail)
  return { code: (isLong ? mailedCodes : emailOtp).codeOf(challengeId) }
}

function describe({ type, record, error }: MailOutcome, at: number) {
  return {
    type,
    at,
    detail: { kind: record.kind, attempt: record.attempts, ...(error === undefined ? {} : { error }) },
  }
}
