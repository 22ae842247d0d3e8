import type { EmailOtp } from '../factors/email-otp.ts'
import type { PasswordHasher } from '../passwords/hash.ts'
import type { PasswordPolicy } from '../passwords/policy.ts'
import type { OutboxKind } from '../stores/outbox.ts'
import type { Acts, Stores } from '../stores/stores.ts'
import type { AccessTokens } from '../tokens/access-token.ts'
import type { RefreshTokens } from '../tokens/refresh-token.ts'
import type { Clock } from '../utils/clock.ts'
import type { CodeBudget } from '../utils/code-budget.ts'
import type { MailedCodes } from '../utils/mailed-code.ts'
import { createId } from '../utils/secret.ts'
import type { EventContext, Events, GateEvent } from './events.ts'

/** What the steps need, and all that they know of the outside. */
export type Gate = {
  stores: Stores
  clock: Clock
  passwords: PasswordHasher
  policy: PasswordPolicy
  emailOtp: EmailOtp
  mailedCodes: MailedCodes
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
  events: Events
  rules: FlowRules
  /** Tells the mail worker that something is in the outbox. */
  wakeMail: () => void
}

export type FlowRules = {
  registration: 'open' | 'invite' | 'closed'
  codeBudget: CodeBudget
  /** Of one address, for codes that strangers can ask for. */
  addressCodeBudget: CodeBudget
  /** Codes that an account can ask for with its password, and so mails, in an hour; `undefined` while limits are off. */
  codesPerHour: number | undefined
  isMailLimited: boolean
  otpTtlMs: number
  otpResendAfterMs: number
  sessionIdleTtlMs: number
  sessionTtlMs: number
  stepUpTtlMs: number
  /** 0 while no device can be trusted. */
  trustedDeviceTtlMs: number
  refreshTtlMs: number
  refreshGraceMs: number
}

/** The request that a step works for. */
export type Visit = {
  flowId: string
  address: string
  device: string
  /** What the browser would like to read, as a BCP 47 tag; `undefined` when it doesn't say. */
  language: string | undefined
  browser: BrowserMarks
}

/** What earlier visits left in the browser. */
export type BrowserMarks = {
  /** The name under which this browser has logged in to an address before; `undefined` if it has not. */
  knownAs(email: string): string | undefined
  /** ms; when it did so first. */
  loggedInAt(email: string): number | undefined
  trustedSecret: string | undefined
}

/** Whether this browser has logged in to the address since its browsers were last made strangers, as by a new password. */
export function isKnownBrowser({ browser }: Visit, email: string, knownSince: number): boolean {
  const loggedInAt = browser.loggedInAt(email)
  return loggedInAt !== undefined && loggedInAt >= knownSince
}

export type RecordEvent = (
  event: Omit<GateEvent, keyof EventContext> & Partial<EventContext>,
) => Promise<void>

/**
 * Runs acts as one transaction together with the audit entries of what they decided, and tells the listeners once all of it
 * is durable.
 */
export async function decide<Result>(
  gate: Pick<Gate, 'stores' | 'clock' | 'events'>,
  visit: Partial<Visit>,
  work: (acts: Acts, record: RecordEvent) => Promise<Result>,
): Promise<Result> {
  let recorded: GateEvent[] = []
  const { flowId, address, device } = visit
  const result = await gate.stores.atomically(async (acts) => {
    // A transaction may run again after a conflict; only its last run counts.
    recorded = []
    return work(acts, async (event) => {
      const entry = { at: gate.clock.now(), flowId, address, device, ...event } as GateEvent
      recorded.push(entry)
      await acts.audit.append(entry)
    })
  })
  for (const event of recorded) gate.events.emit(event)
  return result
}

/** Puts a mail to an account's owner into the outbox, as a part of the act that it tells of. */
export function tellOwner(
  acts: Acts,
  mail: {
    to: string
    kind: OutboxKind
    challengeId?: string
    detail: Record<string, unknown>
    now: number
    expiresAt: number
    sendAt?: number
    isForNobody?: boolean
    source?: string
  },
): Promise<void> {
  const { challengeId = null, now, ...rest } = mail
  const id = createId('mail')
  return acts.outbox.put({ ...rest, id, challengeId, createdAt: now })
}

const dayMs = 86_400_000

/** A notice about what happened to the account, in the owner's language; good for a day. */
export function sendNotice(
  acts: Acts,
  account: { email: string; language: string },
  notice: { kind: OutboxKind; detail: Record<string, unknown>; now: number; isForNobody?: boolean },
): Promise<void> {
  return tellOwner(acts, {
    ...notice,
    to: account.email,
    detail: { ...notice.detail, language: account.language },
    expiresAt: notice.now + dayMs,
  })
}
