import type { NewChallenge } from '../stores/challenges.ts'
import type { OutboxKind } from '../stores/outbox.ts'
import type { Acts } from '../stores/stores.ts'
import { chargeMail } from '../utils/mail-budget.ts'
import { createId } from '../utils/secret.ts'
import { type Gate, tellOwner, type Visit } from './gate.ts'
import { type OtpView, otpView } from './otp-view.ts'

export type OpenedChallenge = { id: string; otp: OtpView }

/** Asks for a code. Nothing is mailed yet. */
export async function openChallenge(
  gate: Gate,
  acts: Acts,
  wanted: Omit<NewChallenge, 'id' | 'now' | 'expiresAt' | 'attempts'> & { destination: string },
): Promise<OpenedChallenge> {
  const { destination, ...about } = wanted
  const now = gate.clock.now()
  const expiresAt = now + gate.rules.otpTtlMs
  const attempts = gate.rules.codeBudget.attemptsPerLogin
  const id = createId('chl')
  await acts.challenges.open({ ...about, id, now, expiresAt, attempts })
  return { id, otp: otpView(gate, destination, { expiresAt, sentAt: now, attemptsLeft: attempts }) }
}

/** The code of a challenge to the account that asked for it. */
export function mailCode(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  mail: {
    account: { email: string; language: string }
    kind: OutboxKind
    challengeId: string
    askedAt?: number
    expiresAt?: number
  },
): Promise<void> {
  const now = gate.clock.now()
  const { account, kind, challengeId, askedAt = now, expiresAt = now + gate.rules.otpTtlMs } = mail
  const detail = { ...aboutVisit(visit, askedAt), language: visit.language ?? account.language }
  return tellOwner(acts, { to: account.email, kind, challengeId, detail, now, expiresAt })
}

/**
 * A mail that a stranger can cause: within the budget of its address, and for an address that gets none at the same cost
 * (A-ENUM-03, A-ENUM-04, A-RST-07).
 *
 * @param mail.kind `undefined` when there is nothing to tell this address
 */
export async function mailByStranger(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  mail: {
    to: string
    kind: OutboxKind | undefined
    challengeId?: string
    askedAt?: number
    expiresAt?: number
  },
): Promise<void> {
  const now = gate.clock.now()
  const { otpResendAfterMs: windowMs, isMailLimited: isHourLimited, otpTtlMs } = gate.rules
  const budget = await acts.addressBudgets.hold(mail.to, now)
  const charged = chargeMail(budget.mails, now, { windowMs, isHourLimited })
  await acts.addressBudgets.keepMails(mail.to, charged?.tally ?? budget.mails, now)
  if (charged) await acts.outbox.dropWaiting(mail.to, now)
  const { challengeId } = mail
  await tellOwner(acts, {
    to: mail.to,
    kind: mail.kind ?? 'reset_code',
    ...(challengeId === undefined ? {} : { challengeId }),
    detail: aboutVisit(visit, mail.askedAt ?? now),
    now,
    expiresAt: mail.expiresAt ?? now + otpTtlMs,
    sendAt: charged?.sendAt ?? now,
    isForNobody: mail.kind === undefined || charged === undefined,
  })
}

function aboutVisit({ device, language }: Visit, askedAt: number): Record<string, unknown> {
  return { device, language, askedAt }
}
