import { Problem } from '../problems/problem.ts'
import type { KeptInbox } from './dev-inbox.ts'
import type { MailText } from './wire.ts'

/** A mail in its three forms. */
export function readMail(inbox: KeptInbox, id: string): MailText & { html: string } {
  const found = inbox.kept().find((mail) => mail.id === id)
  if (!found) throw new Problem('not_found', { detail: 'This mail is not kept any more.' })
  const { mail, ...shown } = found
  return { ...shown, text: mail.text, html: mail.html, raw: rawOf(found) }
}

/** As it would leave, but for what the mail server adds. */
function rawOf({ mail, sentAt }: ReturnType<KeptInbox['kept']>[number]): string {
  const boundary = 'sallyport-alternative'
  const part = (type: string, content: string) =>
    `--${boundary}\nContent-Type: ${type}; charset=utf-8\n\n${content}\n`
  return [
    `Date: ${new Date(sentAt).toUTCString()}`,
    `To: ${mail.to}`,
    `Subject: ${mail.subject}`,
    `Content-Language: ${mail.language}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary=${boundary}`,
    '',
    part('text/plain', mail.text),
    part('text/html', mail.html),
    `--${boundary}--`,
  ].join('\n')
}
