export type SmtpFault = {
  at: 'connect' | 'mail' | 'rcpt' | 'data'
  /** A 4xx or 5xx code; never an answer; a dropped connection (at `data` the mail was kept first); or, left out, as usual. */
  reply?: number | 'hang' | 'drop'
  delayMs?: number
  /** How often it happens, once unless told otherwise. */
  times?: number
}

/** The next fault for this place, and one less of it. */
export function takeFault(faults: SmtpFault[], at: SmtpFault['at']): SmtpFault | undefined {
  const fault = faults.find((each) => each.at === at && (each.times ?? 1) > 0)
  if (fault) fault.times = (fault.times ?? 1) - 1
  return fault
}

/** Lets it happen: `done` answers the client, `drop` cuts it off, neither leaves it hanging. */
export function meetFault(
  fault: SmtpFault | undefined,
  drop: () => void,
  done: (error?: Error) => void,
): void {
  if (!fault?.reply && !fault?.delayMs) {
    done()
    return
  }
  setTimeout(() => {
    if (fault.reply === 'drop') drop()
    else if (typeof fault.reply === 'number')
      done(Object.assign(new Error('As scripted'), { responseCode: fault.reply }))
    else if (fault.reply === undefined) done()
  }, fault.delayMs ?? 0).unref()
}
