import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CountedWords,
  type MailKind,
  type MailLanguage,
  mailKinds,
  mailLanguages,
} from '../../src/mail/message-catalogue.ts'
import { composeMail } from '../../src/mail/messages.ts'
import type { OutboxRecord } from '../../src/mail/outbox-worker.ts'
import { deviceName } from '../../src/utils/device-name.ts'
import { html } from '../../src/utils/html.ts'

const askedAt = Date.UTC(2026, 2, 5, 10, 40, 31)
const languages = Object.keys(mailLanguages)
const english = mailLanguages.en as MailLanguage
const shortCodeKinds = [
  'login_code',
  'registration_code',
  'reset_code',
  'step_up_code',
  'email_change_code',
] as const
const longCodeKinds: MailKind[] = ['invitation', 'email_changed']
const strangersKinds = [
  'registration_code',
  'reset_code',
  'email_change_code',
  'invitation',
  'address_taken',
] as const

function record(changes: Partial<OutboxRecord> = {}): OutboxRecord {
  return {
    id: 'mail_1',
    to: 'test@test.com',
    kind: 'login_code',
    challengeId: 'chl_1',
    detail: { device: 'Chrome on Linux', askedAt, expiresInMinutes: 10 },
    attempts: 1,
    createdAt: askedAt,
    expiresAt: askedAt + 600_000,
    ...changes,
  }
}

test('the login mail says the code first, then its request, then what to do', () => {
  const mail = composeMail(record(), { code: '839201' })
  assert.equal(mail.subject, '839201 is your Sallyport code')
  assert.equal(
    mail.text,
    'Your code is: 839201\n\n' +
      'Expires in 10 minutes. Asked for at 10:40 UTC from Chrome on Linux.\n\n' +
      'Not you? Somebody knows your password: change it.\n',
  )
  assert.deepEqual(
    { id: mail.id, to: mail.to, code: mail.code, language: mail.language },
    { id: 'mail_1', to: 'test@test.com', code: '839201', language: 'en' },
  )
  assert.match(mail.html, /<html lang="en">/)
  assert.match(mail.html, /Your code is: <strong [^>]+>839201<\/strong>/)
})

test('every short code stands first in its subject and its text, and the subject says what it is for', () => {
  const subjects = shortCodeKinds.map((kind) => {
    const { subject, text, code } = composeMail(record({ kind }), { code: '839201' })
    assert.match(text, /^Your code is: 839201\n/)
    assert.equal(code, '839201')
    return subject
  })
  assert.deepEqual(subjects, [
    '839201 is your Sallyport code',
    '839201 confirms your new Sallyport account',
    '839201 resets your Sallyport password',
    '839201 confirms that it is you at Sallyport',
    '839201 confirms your new Sallyport address',
  ])
})

test('a long code is in the mail and not in the subject; the others carry none', () => {
  const code = '7KQ2M-X4WNP-C8RTD-H6YVJ-3AE9S'
  for (const kind of longCodeKinds) {
    const mail = composeMail(record({ kind }), { code })
    assert.equal(mail.code, code)
    assert.doesNotMatch(mail.subject, /7KQ2M/)
    assert.ok(mail.text.includes(code) && mail.html.includes(code))
  }
  for (const mail of everyMail().filter(({ kind }) => !hasCode(kind))) assert.equal('code' in mail, false)
})

test('a mail without the code that it needs is a fault, not a mail', () => {
  for (const kind of mailKinds.filter(hasCode)) assert.throws(() => composeMail(record({ kind })), /"code"/)
})

test('a record without details still makes a mail', () => {
  const { text } = composeMail(record({ detail: {}, expiresAt: askedAt + 60_000 }), { code: '000042' })
  assert.match(text, /Expires in 1 minute\. Asked for at 10:40 UTC from an unknown client\./)
})

test('the owner learns that the code budget is spent', () => {
  const lockedUntil = Date.UTC(2026, 2, 6, 10, 40)
  const mail = composeMail(record({ kind: 'code_locked', detail: { lockedUntil } }), { productName: 'Acme' })
  assert.equal(mail.subject, 'Too many wrong codes for your Acme account')
  assert.match(
    mail.text,
    /every code is refused until 2026-03-06 10:40 UTC\.\n\nNot you\? Somebody may know your password: change it\./,
  )
})

test('the owner learns that a copied refresh token was used', () => {
  const mail = composeMail(record({ kind: 'refresh_reused', detail: { usedAt: askedAt } }))
  assert.equal(mail.subject, 'A Sallyport session of yours was ended')
  assert.match(
    mail.text,
    /was used on 2026-03-05 10:40 UTC\. Everything that belongs to that session was ended\.\n\nLog in again/,
  )
})

test('the owner learns of a login from a new browser', () => {
  const detail = { device: 'Firefox on Linux', usedAt: askedAt }
  const inEnglish = composeMail(record({ kind: 'new_device', detail }))
  assert.match(
    inEnglish.text,
    /^Somebody logged in to your account on 2026-03-05 10:40 UTC from Firefox on Linux\./,
  )
  const inGerman = composeMail(record({ kind: 'new_device', detail: { ...detail, language: 'de' } }))
  assert.match(inGerman.text, /^Am 05\.03\.2026 um 10:40 UTC hat sich jemand mit Firefox unter Linux in/)
})

test('the old address can undo its change for days', () => {
  const week = { kind: 'email_changed', detail: {}, expiresAt: askedAt + 7 * 86_400_000 } as const
  const { text } = composeMail(record(week), { code: '7KQ2M-X4WNP' })
  assert.match(text, /\n\nNot you\? Undo it within 7 days\. .*: 7KQ2M-X4WNP\n$/)
})

test('a number takes the form that its language has for it', () => {
  const tell = (count: number, language: string) =>
    composeMail(record({ kind: 'login_after_failures', detail: { count, language } })).text
  assert.match(tell(1, 'en'), /^After 1 wrong password, /)
  assert.match(tell(3, 'en'), /^After 3 wrong passwords, /)
  assert.match(tell(1, 'de'), /^Nach 1 falschen Passwort /)
  assert.match(tell(3, 'de'), /^Nach 3 falschen Passwörtern /)
})

test('a lifetime is said in a unit that fits it, and never too long', () => {
  const minute = 60_000
  const said: [milliseconds: number, english: string, german: string][] = [
    [1, '1 minute', '1 Minute'],
    [10 * minute - 3, '10 minutes', '10 Minuten'],
    [60 * minute, '1 hour', '1 Stunde'],
    [90 * minute, '90 minutes', '90 Minuten'],
    [150 * minute, '2 hours', '2 Stunden'],
    [1_440 * minute, '1 day', '1 Tag'],
    [7 * 1_440 * minute - 3, '7 days', '7 Tage'],
    [7 * 1_440 * minute - 1_000 * minute, '6 days', '6 Tage'],
  ]
  for (const [milliseconds, english, german] of said) {
    const told = record({ detail: {}, expiresAt: askedAt + milliseconds })
    assert.ok(composeMail(told, { code: '1' }).text.includes(`Expires in ${english}.`), english)
    assert.ok(composeMail(told, { code: '1', language: 'de' }).text.includes(`Er gilt ${german}.`), german)
  }
})

test('a language falls back to its base and then to English', () => {
  for (const [language, used] of [
    ['de-AT', 'de'],
    ['DE', 'de'],
    ['en-GB', 'en'],
    ['tlh', 'en'],
    ['__proto__', 'en'],
    ['x\r\nBcc: a@b.test', 'en'],
  ]) {
    assert.equal(composeMail(record(), { code: '1', language: language as string }).language, used)
  }
})

test('a client without a name is unknown in the language of the mail', () => {
  const detail = { device: deviceName('Mozilla/9.9 (evil)'), language: 'de' }
  assert.match(composeMail(record({ detail }), { code: '1' }).text, /mit einem unbekannten Programm\./)
})

test('what a stranger can cause ends with the word that nothing is to be done', () => {
  const ends = { en: /ignore this mail\.\n$/i, de: /Ignorieren Sie diese Mail\.\n$/ }
  for (const [language, end] of Object.entries(ends)) {
    for (const kind of strangersKinds) {
      assert.match(composeMail(record({ kind }), { code: '839201', language }).text, end)
    }
  }
})

test('no mail holds a link, or what a mail program makes one of', () => {
  for (const mail of everyMail({ device: 'see http://evil.test' })) {
    const words = `${mail.subject}\n${mail.text}\n${mail.html}`
    assert.doesNotMatch(words, /:\/\/|www\.|href|src=|url\(|evil|@/i, mail.kind)
    assert.doesNotMatch(words, /[\p{L}\p{N}]\.\p{L}{2,}/u, mail.kind)
  }
})

test('values are data: no markup, no template, no header comes out of them (ASVS 1.2.1, 1.3.7)', () => {
  const hostile = '<img src=x onerror=alert(1)>{{7*7}}{code}\r\nBcc: evil@evil.test'
  for (const mail of everyMail({ device: hostile, language: hostile, askedAt: hostile }, hostile)) {
    assert.doesNotMatch(mail.html, /<img|49/)
    assert.doesNotMatch(mail.subject, /[\r\n]/)
    assert.equal(mail.subject.includes('839201839201'), false)
  }
})

test('every mail names its language and its subject, and leaves colours to the mailbox', () => {
  for (const { html: markup, language } of everyMail()) {
    assert.match(markup, new RegExp(`<html lang="${language}">`))
    assert.match(markup, /<title>[^<]*Sallyport[^<]*<\/title>/)
    assert.match(markup, /<meta name="color-scheme" content="light dark">/)
    assert.doesNotMatch(markup, /(?<![-\w])color\s*:|background|bgcolor|rgb\(|hsl\(|:\s*#[0-9a-f]{3}/i)
  }
})

test('every language says everything that English says, with the same placeholders', () => {
  for (const tag of languages) assert.deepEqual(faultsOf(tag, mailLanguages[tag] as MailLanguage), [], tag)
  assert.deepEqual(Object.keys(english.mails), [...mailKinds])
})

test('a language that lacks something, or says something else, is found out', () => {
  const broken = structuredClone(mailLanguages.de as MailLanguage)
  const { invitation: _lost, ...mails } = broken.mails
  broken.mails = { ...mails, extra: { subject: 'x', paragraphs: [] } } as unknown as MailLanguage['mails']
  broken.mails.reset_code.subject = 'Ihr Passwort bei {productName}'
  broken.mails.new_device.paragraphs[0] = 'Am {usedAt} mit {gerät}.'
  broken.mails.account_deleted.subject = english.mails.account_deleted.subject
  broken.mails.password_changed.paragraphs.push('')
  broken.hours = { other: '{count} Stunden' }
  broken.unknownDevice = ''
  assert.deepEqual(faultsOf('de', broken), [
    'mails.invitation.subject is missing',
    'mails.invitation.paragraphs is missing',
    'hours.one is missing',
    'mails.extra.subject is not in English',
    'mails.extra.paragraphs is not in English',
    'mails.reset_code.subject: {productName} instead of {code} {productName}',
    'mails.new_device.paragraphs: {gerät} {usedAt} instead of {device} {usedAt}',
    'mails.password_changed.paragraphs is empty',
    'unknownDevice is empty',
    'mails.account_deleted.subject is English',
  ])
})

test('the html template escapes every value but its own', () => {
  assert.equal(
    html`<b title="${'"\'<'}">${'&'}${html`<i>${1}</i>`}</b>`.toString(),
    '<b title="&#34;&#39;&#60;">&#38;<i>1</i></b>',
  )
})

function hasCode(kind: MailKind): boolean {
  return [...shortCodeKinds, ...longCodeKinds].includes(kind)
}

function everyMail(detail: Record<string, unknown> = {}, productName = 'Sallyport') {
  return languages.flatMap((language) =>
    mailKinds.map((kind) => ({
      kind,
      ...composeMail(record({ kind, detail: { count: 3, ...detail } }), {
        code: '839201',
        productName,
        language,
      }),
    })),
  )
}

type Words = Map<string, string[]>

/** What a language lacks, has too much, or says with other placeholders than English. */
function faultsOf(tag: string, language: MailLanguage): string[] {
  const [needed, given] = [wordsOf(englishWithPluralsOf(tag)), wordsOf(language)]
  return [
    ...[...needed.keys()].filter((path) => !given.has(path)).map((path) => `${path} is missing`),
    ...[...given.keys()].filter((path) => !needed.has(path)).map((path) => `${path} is not in English`),
    ...[...needed].flatMap(([path, words]) => faultsOfWords(path, given.get(path) ?? words, words)),
    ...(tag === 'en' ? [] : untranslated(given, needed)),
  ]
}

function faultsOfWords(path: string, given: string[], needed: string[]): string[] {
  if (given.some((words) => words.trim() === '')) return [`${path} is empty`]
  const [has, needs] = [placeholdersOf(given), placeholdersOf(needed)]
  return has === needs ? [] : [`${path}: ${has} instead of ${needs}`]
}

function placeholdersOf(words: string[]): string {
  return [...words.join(' ').matchAll(/\{[^}]*\}/g)].map(String).sort().join(' ')
}

function untranslated(given: Words, needed: Words): string[] {
  const isCopied = ([path, words]: [string, string[]]) =>
    path.startsWith('mails.') && words.some((each) => needed.get(path)?.includes(each))
  return [...given].filter(isCopied).map(([path]) => `${path} is English`)
}

/** English, in the plural forms that the numbers of another language need. */
function englishWithPluralsOf(tag: string): object {
  const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories
  const counted = (words: CountedWords) => Object.fromEntries(forms.map((form) => [form, words.other]))
  const { minutes, hours, days, wrongPasswords } = english
  return {
    ...english,
    minutes: counted(minutes),
    hours: counted(hours),
    days: counted(days),
    wrongPasswords: counted(wrongPasswords),
  }
}

/** Every text by its path. The paragraphs of a mail are one text: another language may break them elsewhere. */
function wordsOf(value: unknown, path: string[] = []): Words {
  if (typeof value === 'string') return new Map([[path.join('.'), [value]]])
  if (Array.isArray(value)) return new Map([[path.join('.'), value]])
  return new Map(Object.entries(value as object).flatMap(([key, part]) => [...wordsOf(part, [...path, key])]))
}
