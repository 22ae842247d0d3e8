import { maskEmail } from '../utils/email.ts'
import type { MailChannel } from './channel.ts'
import { oneLine } from './one-line.ts'

/** Development: the terminal is the mailbox. Never wired in production, where a code in a log is a leak. */
export function createConsoleChannel(print: (line: string) => void): MailChannel {
  return {
    async send({ to, subject, code }) {
      // The first form is the brief's, word for word.
      print(oneLine(code === undefined ? `Mail to ${maskEmail(to)}: ${subject}` : `Generated OTP: ${code}`))
    },
    async check() {},
    async close() {},
  }
}
