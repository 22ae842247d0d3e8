import { Argument, type Command, Option } from 'commander'
import type { Mail } from '../mail/channel.ts'
import { type MailKind, mailKinds, mailLanguages } from '../mail/message-catalogue.ts'
import { composeMail } from '../mail/messages.ts'
import { CommandFailure, exitCodes } from './failure.ts'
import { examples, print, printJson } from './output.ts'

export function addMailCommands(program: Command): void {
  const mail = program.command('mail').description('The mails that the owners of accounts get.')
  examples(mail, ['sallyport mail preview', 'sallyport mail preview new_device --language de'])
  const preview = mail
    .command('preview')
    .description('Show what the mails say, with made-up values. Needs no settings, and sends nothing.')
    .addArgument(new Argument('[kind]', 'one mail; all without it').choices(mailKinds))
    .addOption(
      new Option('--language <tag>', 'in this language').choices(Object.keys(mailLanguages)).default('en'),
    )
    .addOption(new Option('--html', 'the HTML of one mail').conflicts('json'))
    .option('--json', 'as JSON')
    .action(previewMails)
  examples(preview, [
    'sallyport mail preview',
    'sallyport mail preview email_changed --language de',
    'sallyport mail preview login_code --html > mail.html',
    'sallyport mail preview --json | jq -r ".[].subject"',
  ])
}

type PreviewOptions = { language: string; html?: true; json?: true }

function previewMails(kind: MailKind | undefined, { language, html, json }: PreviewOptions): void {
  if (kind !== undefined) previewOne(kind, language, html ? 'html' : json ? 'json' : 'text')
  else if (html) {
    throw new CommandFailure(`--html shows one mail. Name it: ${mailKinds.join(', ')}.`, exitCodes.usage)
  } else previewAll(language, json === true)
}

function previewOne(kind: MailKind, language: string, form: 'html' | 'json' | 'text'): void {
  const mail = sampleMail(kind, language)
  if (form === 'json') printJson(viewOf(kind, mail))
  else print(form === 'html' ? mail.html.trimEnd() : readable(mail))
}

function previewAll(language: string, json: boolean): void {
  const mails = mailKinds.map((kind) => ({ kind, mail: sampleMail(kind, language) }))
  if (json) printJson(mails.map(({ kind, mail }) => viewOf(kind, mail)))
  else print(mails.map(({ kind, mail }) => `--- ${kind}\n${readable(mail)}`).join('\n\n'))
}

function viewOf(kind: MailKind, { language, subject, text, html }: Mail) {
  return { kind, language, subject, text, html }
}

function readable({ subject, text }: Mail): string {
  return `Subject: ${subject}\n\n${text.trimEnd()}`
}

/** The same at every run, so that two previews differ only where the words do. */
function sampleMail(kind: MailKind, language: string): Mail {
  const isLong = kind === 'invitation' || kind === 'email_changed'
  const lifetimeMs = isLong ? 7 * 86_400_000 : 600_000
  const record = {
    id: 'mail_preview',
    to: 'nora@example.org',
    kind,
    challengeId: null,
    detail: { device: 'Firefox on Linux', lockedUntil: sampleTime + 86_400_000, count: 3 },
    attempts: 1,
    createdAt: sampleTime,
    expiresAt: sampleTime + lifetimeMs,
  }
  return composeMail(record, { language, code: isLong ? '7KQ2M-X4WNP-C8RTD-H6YVJ-3AE9S' : '839201' })
}

const sampleTime = Date.UTC(2026, 2, 5, 10, 40)
