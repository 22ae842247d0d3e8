import type { EmailOtp } from '../factors/email-otp.ts'
import type { PasswordHasher } from '../passwords/hash.ts'
import type { OutboxKind } from '../stores/outbox.ts'
import type { Acts, Stores } from '../stores/stores.ts'
import type { AccessTokens } from '../tokens/access-token.ts'
import type { RefreshTokens } from '../tokens/refresh-token.ts'
import type { Clock } from '../utils/clock.ts'
import type { CodeBudget } from '../utils/code-budget.ts'
import { createId } from '../utils/secret.ts'
import type { EventContext, Events, GateEvent } from './events.ts'

/** What the steps need, and all that they know of the outside. */
export type Gate = {
  stores: Stores
  clock: Clock
  passwords: PasswordHasher
  emailOtp: EmailOtp
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
  events: Events
  rules: FlowRules
  /** Tells the mail worker that something is in the outbox. */
  wakeMail: () => void
}

export type FlowRules = {
  codeBudget: CodeBudget
  /** Logins with the right password, and so mails, of one account in an hour; `undefined` while limits are off. */
  loginsPerHour: number | undefined
  otpTtlMs: number
  otpResendAfterMs: number
  sessionIdleTtlMs: number
  sessionTtlMs: number
  refreshTtlMs: number
  refreshGraceMs: number
}

/** The request that a step works for. */
export type Visit = { flowId: string; address: string; device: string }

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
  const result = await gate.stores.atomically(async (acts) => {
    // A transaction may run again after a conflict; only its last run counts.
    recorded = []
    return work(acts, async (event) => {
      const entry = { at: gate.clock.now(), ...visit, ...event } as GateEvent
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
  },
): Promise<void> {
  return acts.outbox.put({
    id: createId('mail'),
    to: mail.to,
    kind: mail.kind,
    challengeId: mail.challengeId ?? null,
    detail: mail.detail,
    createdAt: mail.now,
    expiresAt: mail.expiresAt,
  })
}
