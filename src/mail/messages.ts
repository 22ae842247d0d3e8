import type { Mail } from './channel.ts'
import { type Html, html } from './html.ts'
import { type MailLanguage, mailLanguages } from './message-catalogue.ts'
import { oneLine } from './one-line.ts'
import type { OutboxRecord } from './outbox-worker.ts'

/** What a record does not hold. A code is derived when its mail is composed, never stored. */
export type MailContext = { code?: string; productName?: string; language?: string }

/**
 * Composes the mail of an outbox record. Mails carry no links (scanners follow them, phishers imitate them), and no
 * word that somebody outside chose: what `detail` says of a device counts only in the closed alphabet of `deviceName`.
 */
export function composeMail(record: OutboxRecord, context: MailContext = {}): Mail {
  const [tag, language] = languageFor(context.language ?? text(record.detail.language) ?? 'en')
  const words = language[record.kind]
  const values = valuesOf(record, context, tag, language)
  return {
    id: record.id,
    to: record.to,
    subject: oneLine(fill(words.subject, values)),
    text: `${words.paragraphs.map((paragraph) => fill(paragraph, values)).join('\n\n')}\n`,
    html: page(tag, words.paragraphs, values).toString(),
    language: tag,
    ...(record.kind === 'login_code' && values.code !== undefined ? { code: values.code } : {}),
  }
}

type Values = Record<string, string | undefined>

/** The exact tag, else its language (`de-AT`, `de`), else English. */
function languageFor(wanted: string): [tag: string, language: MailLanguage] {
  for (const tag of [wanted, wanted.split('-')[0] ?? '', 'en']) {
    if (Object.hasOwn(mailLanguages, tag)) return [tag, mailLanguages[tag] as MailLanguage]
  }
  throw new Error('The mail catalogue has no English.')
}

function valuesOf(record: OutboxRecord, context: MailContext, tag: string, language: MailLanguage): Values {
  const { detail, createdAt, expiresAt } = record
  const minutes = number(detail.expiresInMinutes) ?? Math.ceil((expiresAt - createdAt) / 60_000)
  return {
    code: context.code,
    productName: context.productName ?? 'Sallyport',
    device: knownDevice(text(detail.device)) ?? language.unknownDevice,
    askedAt: timeOf(number(detail.askedAt) ?? createdAt),
    lifetime: fill(language.minutes[new Intl.PluralRules(tag).select(minutes)] ?? language.minutes.other, {
      count: String(minutes),
    }),
    lockedUntil: dateAndTimeOf(number(detail.lockedUntil) ?? expiresAt),
    usedAt: dateAndTimeOf(number(detail.usedAt) ?? createdAt),
  }
}

/** No dot, slash or colon: nothing that a mail program would turn into a link (A-SMTP-02). */
function knownDevice(device: string | undefined): string | undefined {
  return device !== undefined && /^[A-Za-z0-9 -]{1,60}$/.test(device) ? device : undefined
}

/** `10:40 UTC`: the server knows no time zone of the reader. */
function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(11, 16)} UTC`
}

function dateAndTimeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 10)} ${timeOf(milliseconds)}`
}

/** One pass: a value that itself looks like a placeholder stays as it is (ASVS 1.3.7). */
function fill(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_placeholder, name: string) => required(name, values))
}

function required(name: string, values: Values): string {
  const value = values[name]
  if (value === undefined) throw new Error(`A mail needs a value for "${name}" and has none.`)
  return value
}

/** No colours of its own, so that it reads well in a light and in a dark mailbox. */
function page(tag: string, paragraphs: string[], values: Values): Html {
  return html`<!doctype html>
<html lang="${tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${required('productName', values)}</title>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:32em">
${paragraphs.map((paragraph) => html`<p style="margin:0 0 16px">${filledParts(paragraph, values)}</p>\n`)}</div>
</body>
</html>
`
}

function filledParts(template: string, values: Values): Html[] {
  // Splitting by a group leaves the names of the placeholders at the odd places.
  return template.split(/\{(\w+)\}/).map((part, index) => {
    if (index % 2 === 0) return html`${part}`
    return part === 'code' ? largeCode(required(part, values)) : html`${required(part, values)}`
  })
}

function largeCode(code: string): Html {
  return html`<strong style="display:block;font:700 32px/1.5 ui-monospace,monospace;letter-spacing:4px">${code}</strong>`
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
