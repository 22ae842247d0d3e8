import type { NewChallenge } from '../stores/challenges.ts'
import type { OutboxKind } from '../stores/outbox.ts'
import type { Acts } from '../stores/stores.ts'
import { chargeMail } from '../utils/mail-budget.ts'
import { limitKeyOf } from '../utils/network-address.ts'
import { createId, hashSecret } from '../utils/secret.ts'
import { isLongCode, longCode } from './code-of-challenge.ts'
import { type Gate, isKnownBrowser, tellOwner, type Visit } from './gate.ts'
import { type OtpView, otpView } from './otp-view.ts'

export type OpenedChallenge = { id: string; otp: OtpView }

type Wanted = Omit<NewChallenge, 'id' | 'now' | 'expiresAt' | 'attempts'>

/** Asks for a code that needs the password. Nothing is mailed yet. */
export async function openChallenge(
  gate: Gate,
  acts: Acts,
  wanted: Wanted & { destination: string },
): Promise<OpenedChallenge> {
  const { destination, ...about } = wanted
  const now = gate.clock.now()
  const expiresAt = now + gate.rules.otpTtlMs
  const attemptsLeft = gate.rules.codeBudget.attemptsPerLogin
  const id = createId('chl')
  await acts.challenges.open({ ...about, id, now, expiresAt, attempts: attemptsLeft })
  const view = { expiresAt, sentAt: now, attemptsLeft, details: about.details ?? {} }
  return { id, otp: otpView(gate, destination, view) }
}

/**
 * Asks for a code that anybody can ask for, and mails it, or what there is to tell in its place. Where strangers have used up the
 * tries of the address its codes are long instead of locked: nobody can guess one, and nobody is shut out (D5).
 */
export async function openStrangersChallenge(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  wanted: Wanted & { email: string; kind: OutboxKind | undefined },
): Promise<OpenedChallenge> {
  const { kind, ...about } = wanted
  const now = gate.clock.now()
  const { codes } = await acts.addressBudgets.hold(about.email, now)
  const details = { ...about.details, ...(codes.lockedUntil > now ? longCode : {}) }
  const challenge = await openChallenge(gate, acts, { ...about, details, destination: about.email })
  const mail = { to: about.email, kind, challengeId: challenge.id, details }
  await mailByStranger(gate, visit, acts, mail)
  return challenge
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
 * (A-ENUM-03, A-ENUM-04, A-RST-07). A browser that has logged in to the address is none: what strangers use up is not its own.
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
    challengeId: string
    /** Of the challenge. */
    details: Record<string, string>
    askedAt?: number
    expiresAt?: number
  },
): Promise<void> {
  const now = gate.clock.now()
  const { to, kind, challengeId, askedAt = now, expiresAt = now + gate.rules.otpTtlMs } = mail
  const source = hashSecret(limitKeyOf(visit.address))
  const sendAt = await chargeAddress(gate, visit, acts, { to, source })
  await tellOwner(acts, {
    to,
    kind: kind ?? 'reset_code',
    challengeId,
    detail: { ...aboutVisit(visit, askedAt), ...(isLongCode(mail.details) ? longCode : {}) },
    now,
    expiresAt,
    sendAt: sendAt ?? now,
    isForNobody: kind === undefined || sendAt === undefined,
    source,
  })
}

/** When the mail may leave; `undefined` when none may. */
async function chargeAddress(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  { to, source }: { to: string; source: string },
): Promise<number | undefined> {
  const now = gate.clock.now()
  const { otpResendAfterMs: windowMs, isMailLimited: isHourLimited } = gate.rules
  const { mails, knownSince } = await acts.addressBudgets.hold(to, now)
  if (isKnownBrowser(visit, to, knownSince)) return now
  const replaces = await acts.outbox.dropWaiting(to, source, now)
  const charged = chargeMail(mails, now, { windowMs, isHourLimited, replaces })
  await acts.addressBudgets.keepMails(to, charged?.tally ?? mails, now)
  return charged?.sendAt
}

function aboutVisit({ device, language }: Visit, askedAt: number): Record<string, unknown> {
  return { device, language, askedAt }
}
