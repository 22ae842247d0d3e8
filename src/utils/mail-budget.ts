/**
 * How many mails strangers can have sent to one address: by registering it, asking for a reset, changing to it (A-RST-07).
 *
 * `perWindow` leave at once in any window of OTP_RESEND_AFTER. What comes beyond waits for the end of the window, and the
 * newest takes the place of the ones that still wait: whoever asks twice in a hurry gets a code for the last try, and a flood
 * gets one mail a window. After `perHour` none is sent until the hour is over.
 */
export const mailBudget = { perWindow: 3, perHour: 12, hourMs: 3_600_000 }

/** Of one address; times in ms. */
export type MailTally = { windowEndsAt: number; inWindow: number; hourEndsAt: number; inHour: number }

/** When a mail may leave, and the tally with it; `undefined` when none may. */
export function chargeMail(
  tally: MailTally,
  now: number,
  rules: { windowMs: number; isHourLimited: boolean },
): { tally: MailTally; sendAt: number } | undefined {
  const hour =
    tally.hourEndsAt > now
      ? { hourEndsAt: tally.hourEndsAt, inHour: tally.inHour }
      : { hourEndsAt: now + mailBudget.hourMs, inHour: 0 }
  if (rules.isHourLimited && hour.inHour >= mailBudget.perHour) return undefined
  const isOpen = tally.windowEndsAt > now
  if (!isOpen || tally.inWindow < mailBudget.perWindow) {
    const windowEndsAt = isOpen ? tally.windowEndsAt : now + rules.windowMs
    const inWindow = isOpen ? tally.inWindow + 1 : 1
    return { tally: { windowEndsAt, inWindow, ...hour, inHour: hour.inHour + 1 }, sendAt: now }
  }
  // One waits at a time, so only the first of them counts.
  const isFirst = tally.inWindow === mailBudget.perWindow
  const inWindow = mailBudget.perWindow + 1
  const waiting = {
    windowEndsAt: tally.windowEndsAt,
    inWindow,
    ...hour,
    inHour: hour.inHour + (isFirst ? 1 : 0),
  }
  return { tally: waiting, sendAt: tally.windowEndsAt }
}
