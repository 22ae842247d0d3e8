import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from '../../src/mail/html.ts'
import { type MailKind, type MailLanguage, mailLanguages } from '../../src/mail/message-catalogue.ts'
import { composeMail } from '../../src/mail/messages.ts'
import type { OutboxRecord } from '../../src/mail/outbox-worker.ts'

const askedAt = Date.UTC(2026, 2, 5, 10, 40, 31)

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

test('a record without details still makes a mail', () => {
  const { text } = composeMail(record({ detail: {}, expiresAt: askedAt + 60_000 }), { code: '000042' })
  assert.match(text, /Expires in 1 minute\. Asked for at 10:40 UTC from an unknown client\./)
})

test('a login mail without its code is a fault, not a mail', () => {
  assert.throws(() => composeMail(record()), /"code"/)
})

test('the owner learns that the code budget is spent', () => {
  const lockedUntil = Date.UTC(2026, 2, 6, 10, 40)
  const mail = composeMail(record({ kind: 'code_locked', detail: { lockedUntil } }), { productName: 'Acme' })
  assert.equal(mail.subject, 'Too many wrong codes for your Acme account')
  assert.match(
    mail.text,
    /every code is refused until 2026-03-06 10:40 UTC\.\n\nNot you\? Somebody knows your password: change it\./,
  )
  assert.equal('code' in mail, false)
})

test('the owner learns that a copied refresh token was used', () => {
  const mail = composeMail(record({ kind: 'refresh_reused', detail: { usedAt: askedAt } }))
  assert.equal(mail.subject, 'A Sallyport session of yours was ended')
  assert.match(
    mail.text,
    /was used on 2026-03-05 10:40 UTC\. Everything that belongs to that session was ended\.\n\nLog in again/,
  )
})

test('a language falls back to its base and then to English', () => {
  for (const language of ['en-GB', 'tlh', '__proto__', 'x\r\nBcc: a@b.test']) {
    assert.equal(composeMail(record(), { code: '1', language }).language, 'en')
  }
})

test('no mail holds a link', () => {
  for (const mail of everyMail({ device: 'see http://evil.test' })) {
    assert.doesNotMatch(mail.text + mail.html, /https?:|href|src=|www\.|evil/)
  }
})

test('values are data: no markup, no template, no header comes out of them (ASVS 1.2.1, 1.3.7)', () => {
  const hostile = '<img src=x onerror=alert(1)>{{7*7}}{code}\r\nBcc: evil@evil.test'
  for (const mail of everyMail({ device: hostile }, hostile)) {
    assert.doesNotMatch(mail.html, /<img|49/)
    assert.doesNotMatch(mail.subject, /[\r\n]/)
    assert.equal(mail.subject.includes('839201839201'), false)
  }
})

test('the html template escapes every value but its own', () => {
  assert.equal(
    html`<b title="${'"\'<'}">${'&'}${html`<i>${1}</i>`}</b>`.toString(),
    '<b title="&#34;&#39;&#60;">&#38;<i>1</i></b>',
  )
})

test('every language has the placeholders of English', () => {
  const placeholders = (language: MailLanguage, kind: MailKind) =>
    [...JSON.stringify(language[kind]).matchAll(/\{\w+\}/g)].map(String).sort()
  for (const language of Object.values(mailLanguages)) {
    for (const kind of ['login_code', 'code_locked', 'refresh_reused'] as const) {
      assert.deepEqual(placeholders(language, kind), placeholders(mailLanguages.en as MailLanguage, kind))
    }
  }
})

function everyMail(detail: Record<string, unknown>, productName = 'Sallyport') {
  const kinds = ['login_code', 'code_locked', 'refresh_reused'] as const
  return kinds.map((kind) => composeMail(record({ kind, detail }), { code: '839201', productName }))
}
