import { type Html, html } from '../utils/html.ts'
import type { Mail } from './channel.ts'
import { type CountedWords, type MailLanguage, type MailWords, mailLanguages } from './message-catalogue.ts'
import { oneLine } from './one-line.ts'
import type { OutboxRecord } from './outbox-worker.ts'

/** What a record does not hold. A code is derived when its mail is composed, never stored. */
export type MailContext = { code?: string; productName?: string; language?: string }

/**
 * Composes the mail of an outbox record; of one with a code, `expiresAt` is the end of the code. Mails carry no links
 * (scanners follow them, phishers imitate them), and no word that somebody outside chose: what `detail` says of a device
 * counts only in the closed alphabet of `deviceName`.
 */
export function composeMail(record: OutboxRecord, context: MailContext = {}): Mail {
  const [tag, language] = languageFor(context.language ?? text(record.detail.language) ?? 'en')
  const words = language.mails[record.kind]
  const values = valuesOf(record, context, tag, language)
  const subject = oneLine(fill(words.subject, values))
  return {
    id: record.id,
    to: record.to,
    subject,
    text: `${words.paragraphs.map((paragraph) => fill(paragraph, values)).join('\n\n')}\n`,
    html: page(tag, subject, words.paragraphs, values).toString(),
    language: tag,
    ...(carriesCode(words) && values.code !== undefined ? { code: values.code } : {}),
  }
}

function carriesCode({ paragraphs }: MailWords): boolean {
  return paragraphs.some((paragraph) => paragraph.includes('{code}'))
}

type Values = Record<string, string | undefined>

/** The exact tag, else its language (`de-AT`, `de`), else English. */
function languageFor(wanted: string): [tag: string, language: MailLanguage] {
  for (const tag of [wanted, wanted.split('-')[0]?.toLowerCase() ?? '', 'en']) {
    if (Object.hasOwn(mailLanguages, tag)) return [tag, mailLanguages[tag] as MailLanguage]
  }
  throw new Error('The mail catalogue has no English.')
}

function valuesOf(record: OutboxRecord, context: MailContext, tag: string, language: MailLanguage): Values {
  const { detail, createdAt, expiresAt } = record
  const minutes = number(detail.expiresInMinutes) ?? (expiresAt - createdAt) / 60_000
  const wrongPasswords = number(detail.count)
  return {
    code: context.code,
    productName: context.productName ?? 'Sallyport',
    device: deviceIn(language, text(detail.device)),
    askedAt: timeOf(number(detail.askedAt) ?? createdAt),
    lifetime: lifetimeIn(language, tag, minutes),
    lockedUntil: dateAndTimeIn(language, number(detail.lockedUntil) ?? expiresAt),
    usedAt: dateAndTimeIn(language, number(detail.usedAt) ?? createdAt),
    wrongPasswords:
      wrongPasswords === undefined ? undefined : counted(language.wrongPasswords, tag, wrongPasswords),
  }
}

function deviceIn(language: MailLanguage, device: string | undefined): string {
  const known = knownDevice(device)
  if (known === undefined) return language.unknownDevice
  const [, browser, system] = /^(.+) on (.+)$/.exec(known) ?? []
  return system === undefined ? known : fill(language.browserOnSystem, { browser, system })
}

/** No dot, slash or colon: nothing that a mail program would turn into a link (A-SMTP-02). */
function knownDevice(device: string | undefined): string | undefined {
  // The English that deviceName() gives for a client without a name.
  if (device === undefined || device === 'an unknown client') return undefined
  return /^[A-Za-z0-9 -]{1,60}$/.test(device) ? device : undefined
}

/** In the largest unit that says it exactly, or that is large enough to leave the rest out: to the minute, never too long. */
function lifetimeIn({ minutes, hours, days }: MailLanguage, tag: string, exactMinutes: number): string {
  const total = Math.max(1, Math.ceil(exactMinutes))
  if (total % 1_440 === 0 || total >= 2 * 1_440) return counted(days, tag, Math.floor(total / 1_440))
  if (total % 60 === 0 || total >= 2 * 60) return counted(hours, tag, Math.floor(total / 60))
  return counted(minutes, tag, total)
}

function counted(words: CountedWords, tag: string, count: number): string {
  const form = words[new Intl.PluralRules(tag).select(count)] ?? words.other
  return fill(form, { count: String(count) })
}

/** `10:40 UTC`: the server knows no time zone of the reader. */
function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(11, 16)} UTC`
}

function dateAndTimeIn(language: MailLanguage, milliseconds: number): string {
  const [year, month, day] = new Date(milliseconds).toISOString().slice(0, 10).split('-')
  return fill(language.dateAndTime, { year, month, day, time: timeOf(milliseconds) })
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
function page(tag: string, subject: string, paragraphs: string[], values: Values): Html {
  return html`<!doctype html>
<html lang="${tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${subject}</title>
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

/** A long code is smaller and may break, so that a narrow screen needs no scrolling sideways (WCAG 1.4.10). */
function largeCode(code: string): Html {
  const [size, spacing] = code.length > 9 ? [20, 1] : [32, 4]
  const style = `display:block;font:700 ${size}px/1.5 ui-monospace,monospace;letter-spacing:${spacing}px;overflow-wrap:anywhere`
  return html`<strong style="${style}">${code}</strong>`
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
