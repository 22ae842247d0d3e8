import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSmtpChannel } from '../../src/mail/smtp-channel.ts'
import { parseSmtpUrl } from '../../src/mail/smtp-url.ts'

test('what a URL asks for: only loopback may go without a verified certificate', () => {
  const plain = { secure: false, requireTls: false, verifyCertificate: false }
  const startTls = { secure: false, requireTls: true, verifyCertificate: true }
  const tls = { secure: true, requireTls: false, verifyCertificate: true }
  const cases: [url: string, target: object][] = [
    ['smtp://localhost:1025', { host: 'localhost', port: 1025, ...plain }],
    ['smtp://LOCALHOST', { host: 'localhost', port: 587, ...plain }],
    ['smtp://127.0.0.1:25/', { host: '127.0.0.1', port: 25, ...plain }],
    ['smtp://[::1]:25', { host: '::1', port: 25, ...plain }],
    ['smtp://localhost?requireTLS=true', { host: 'localhost', port: 587, ...startTls }],
    ['smtp://mailpit:1025', { host: 'mailpit', port: 1025, ...startTls }],
    ['smtp://localhost.evil.test', { host: 'localhost.evil.test', port: 587, ...startTls }],
    ['smtp://127.evil.test', { host: '127.evil.test', port: 587, ...startTls }],
    ['smtp://0.0.0.0', { host: '0.0.0.0', port: 587, ...startTls }],
    ['smtps://localhost', { host: 'localhost', port: 465, ...tls }],
    [
      'smtps://a%40b.test:p%23%2F@x.test',
      { host: 'x.test', port: 465, ...tls, auth: { user: 'a@b.test', pass: 'p#/' } },
    ],
  ]
  for (const [url, target] of cases) assert.deepEqual(parseSmtpUrl(url), target, url)
})

test('a URL that is wrong is refused with the fix, without the password in it', () => {
  const wrong = [
    '',
    'secret',
    'http://u:secret@x.test',
    'smtp://',
    'smtp://u:secret#x@x.test',
    'smtp://u:12#secret@x.test',
    'smtp://u:12/secret@x.test',
    'smtp://u:secret%zz@x.test',
    'smtp://u:secret@localhost?requireTLS=false',
    'smtp://u:secret@localhost?tls.rejectUnauthorized=false',
    'smtp://u:secret@localhost?requireTLS=true&logger=true',
    'smtp://u:secret@x.test:99999',
  ]
  for (const url of wrong) {
    assert.throws(
      () => createSmtpChannel({ url, from: 'a@b.test' }),
      (error: Error) => /^SMTP_URL /.test(error.message) && !/secret/.test(error.stack ?? ''),
      url,
    )
  }
  for (const from of [
    '',
    'Sallyport',
    'a@b.test, c@d.test',
    'a@b.test\r\nBcc: c@d.test',
    '<a@b.test',
    'a b@c.test',
  ]) {
    assert.throws(() => createSmtpChannel({ url: 'smtp://localhost', from }), /^Error: MAIL_FROM /, from)
  }
})
