/**
 * How many mails strangers can have sent to one address: by registering it, asking for a reset, changing to it (A-RST-07).
 *
 * `perWindow` leave at once in any window of OTP_RESEND_AFTER. What comes beyond waits for the end of the window, and takes the
 * place of the one that still waits from the same network: whoever asks twice in a hurry gets a code for the last try, and a
 * flood gets one mail a window. After `perHour` none is sent until the hour is over.
 */
export const mailBudget = { perWindow: 3, perHour: 12, hourMs: 3_600_000 }

/** Of one address; times in ms. */
export type MailTally = { windowEndsAt: number; inWindow: number; hourEndsAt: number; inHour: number }

/** When a mail may leave, and the tally with it; `undefined` when none may. */
export function chargeMail(
  tally: MailTally,
  now: number,
  rules: { windowMs: number; isHourLimited: boolean; replaces: boolean },
): { tally: MailTally; sendAt: number } | undefined {
  const hour =
    tally.hourEndsAt > now
      ? { hourEndsAt: tally.hourEndsAt, inHour: tally.inHour }
      : { hourEndsAt: now + mailBudget.hourMs, inHour: 0 }
  const isOpen = tally.windowEndsAt > now
  const window = isOpen
    ? { windowEndsAt: tally.windowEndsAt, inWindow: tally.inWindow }
    : { windowEndsAt: now + rules.windowMs, inWindow: 0 }
  const waits = window.inWindow >= mailBudget.perWindow
  // One that takes the place of another has been counted with it.
  const isCounted = !(waits && rules.replaces)
  if (isCounted && rules.isHourLimited && hour.inHour >= mailBudget.perHour) return undefined
  const charged = {
    ...window,
    ...hour,
    inWindow: window.inWindow + 1,
    inHour: hour.inHour + (isCounted ? 1 : 0),
  }
  return { tally: charged, sendAt: waits ? window.windowEndsAt : now }
}
