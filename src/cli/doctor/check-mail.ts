import type { Settings } from '../../config/settings.ts'
import { MailRefused } from '../../mail/channel.ts'
import { createSmtpChannel } from '../../mail/smtp-channel.ts'
import { unlessAborted } from '../interrupt.ts'
import { type Finding, fail, ok } from './finding.ts'

/** A dialogue with the mail server up to the login; no mail is sent. */
export async function checkMail({ smtpUrl, mailFrom }: Settings, signal: AbortSignal): Promise<Finding> {
  if (smtpUrl === undefined) return ok('mail', 'no SMTP_URL: codes are in the console and in the dev inbox')
  const channel = createSmtpChannel({ url: smtpUrl, from: mailFrom })
  try {
    await unlessAborted(signal, channel.check())
    return ok('mail', 'the mail server answers, and takes the login where SMTP_URL has one')
  } catch (reason) {
    if (!(reason instanceof MailRefused)) throw reason
    return fail('mail', reason.message.replace(` ${reason.fix}`, ''), reason.fix)
  } finally {
    await channel.close()
  }
}
