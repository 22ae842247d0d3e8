import type { Clock } from '../utils/clock.ts'
import { type Mail, type MailChannel, MailRefused } from './channel.ts'
import type { MailKind } from './message-catalogue.ts'
import { within } from './within.ts'

export type OutboxRecord = {
  id: string
  to: string
  kind: MailKind
  challengeId: string | null
  /** What the mail says beyond its kind, see `composeMail`. Never the code. */
  detail: Record<string, unknown>
  /** To be composed and never sent: see the outbox. */
  isForNobody?: boolean
  /** Counts the attempt under way: 1 at the first. */
  attempts: number
  createdAt: number
  expiresAt: number
}

export interface OutboxStore {
  /** Atomically leases due records to this process for leaseMs and counts the attempt. */
  claim(options: { now: number; leaseMs: number; limit: number }): Promise<OutboxRecord[]>
  markSent(id: string, now: number): Promise<void>
  /** Schedules the next attempt, or gives up when nextAttemptAt is null. */
  markFailed(id: string, options: { now: number; nextAttemptAt: number | null; error: string }): Promise<void>
}

export type MailOutcome = {
  type: 'mail.sent' | 'mail.failed' | 'mail.dropped'
  record: OutboxRecord
  error?: string
}

export type OutboxWorkerOptions = {
  store: OutboxStore
  channel: MailChannel
  compose: (record: OutboxRecord) => Mail
  clock: Clock
  onOutcome: (outcome: MailOutcome) => void
  /** Faults of the store or of a listener; the mail concerned is taken up again. */
  onFault?: (error: unknown) => void
  pollEveryMs?: number
  sendTimeoutMs?: number
}

export interface OutboxWorker {
  /** Looks for due mails now; during a pass, once more after it. */
  wake(): void
  /** Resolves when no pass runs and nothing is being sent. */
  idle(): Promise<void>
  /** Takes up no more mail and waits for what is being sent; what does not end in time is sent again after its lease. */
  stop(): Promise<void>
}

const leaseMs = 60_000
const defaultSendTimeoutMs = 30_000
const stopTimeoutMs = 5_000
const maxSideBySide = 10

/**
 * Sends what the flow has put into the outbox in its own transaction, so that no request waits for a mail server and no
 * code is lost with the process. A mail is sent at least once: one whose mark was lost goes out again after its lease,
 * with the same code (F-SMTP-02).
 */
export function createOutboxWorker(options: OutboxWorkerOptions): OutboxWorker {
  return new Worker(options)
}

class Worker implements OutboxWorker {
  readonly #options: OutboxWorkerOptions
  readonly #timer: NodeJS.Timeout
  readonly #sending = new Set<Promise<void>>()
  /** Mails that are out but whose mark the store did not take: marked again by the next pass, not sent again. */
  readonly #unmarked = new Map<string, OutboxRecord>()
  #pass: Promise<void> | undefined
  #passAgain = false
  /** The last claim was as large as the room for it: the next mail that ends makes room and wakes. */
  #moreMayWait = false
  #stopping: Promise<void> | undefined

  constructor(options: OutboxWorkerOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.wake(), options.pollEveryMs ?? 1_000).unref()
  }

  wake(): void {
    this.#passAgain = true
    if (this.#pass || this.#stopping) return
    this.#pass = this.#runPasses().finally(() => {
      this.#pass = undefined
      // A wake that came after the last look at the flag and before this line.
      if (this.#passAgain) this.wake()
    })
  }

  async idle(): Promise<void> {
    while (this.#pass || this.#sending.size > 0) await Promise.all([this.#pass, ...this.#sending])
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping ??= within(stopTimeoutMs, this.idle()).catch(() => {})
    return this.#stopping
  }

  async #runPasses(): Promise<void> {
    while (this.#passAgain && !this.#stopping) {
      this.#passAgain = false
      try {
        await this.#markUnmarked()
        await this.#claimAndSend()
      } catch (error) {
        this.#fault(error)
      }
    }
  }

  async #markUnmarked(): Promise<void> {
    for (const record of [...this.#unmarked.values()]) await this.#settleSent(record)
  }

  /** Does not wait for the mails that it starts: one that hangs must not hold up the others. */
  async #claimAndSend(): Promise<void> {
    const room = maxSideBySide - this.#sending.size
    const { store, clock } = this.#options
    const records = room > 0 ? await store.claim({ now: clock.now(), leaseMs, limit: room }) : []
    this.#moreMayWait = records.length === room
    for (const record of records) {
      if (!this.#unmarked.has(record.id)) this.#start(record)
    }
  }

  #start(record: OutboxRecord): void {
    const sending = this.#deliver(record)
      .catch((error) => this.#fault(error))
      .finally(() => {
        this.#sending.delete(sending)
        if (this.#moreMayWait) this.wake()
      })
    this.#sending.add(sending)
  }

  async #deliver(record: OutboxRecord): Promise<void> {
    const { channel, compose, clock, sendTimeoutMs } = this.#options
    try {
      if (clock.now() >= record.expiresAt) throw new Error('The mail expired before it could be sent.')
      const mail = compose(record)
      if (!record.isForNobody) await within(sendTimeoutMs ?? defaultSendTimeoutMs, channel.send(mail))
    } catch (error) {
      return this.#settleFailed(record, error)
    }
    this.#unmarked.set(record.id, record)
    await this.#settleSent(record)
  }

  async #settleSent(record: OutboxRecord): Promise<void> {
    await this.#options.store.markSent(record.id, this.#options.clock.now())
    if (this.#unmarked.delete(record.id) && !record.isForNobody) this.#report({ type: 'mail.sent', record })
  }

  async #settleFailed(record: OutboxRecord, reason: unknown): Promise<void> {
    const now = this.#options.clock.now()
    const nextAttemptAt = nextAttempt(record, reason, now)
    const error = (reason instanceof Error ? reason.message : String(reason)).slice(0, 500)
    await this.#options.store.markFailed(record.id, { now, nextAttemptAt, error })
    this.#report({ type: nextAttemptAt === null ? 'mail.dropped' : 'mail.failed', record, error })
  }

  #report(outcome: MailOutcome): void {
    try {
      this.#options.onOutcome(outcome)
    } catch (error) {
      this.#fault(error)
    }
  }

  #fault(error: unknown): void {
    try {
      this.#options.onFault?.(error)
    } catch {
      // A listener that fails to report a fault has nowhere left to report to.
    }
  }
}

/** 1 s, 2 s, 4 s ... 60 s, each 20 % more or less so that many failed mails do not come back at once; null: give up. */
function nextAttempt(record: OutboxRecord, reason: unknown, now: number): number | null {
  if (reason instanceof MailRefused && reason.permanent) return null
  const delayMs = Math.min(1_000 * 2 ** (record.attempts - 1), 60_000)
  const nextAttemptAt = now + Math.round(delayMs * (0.8 + 0.4 * Math.random()))
  return nextAttemptAt < record.expiresAt ? nextAttemptAt : null
}
