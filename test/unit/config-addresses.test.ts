import assert from 'node:assert/strict'
import { test } from 'node:test'
import proxyAddr from 'proxy-addr'
import { databaseUrl, redisUrl, smtpUrl } from '../../src/config/connection-urls.ts'
import { defaultMailFrom, mailFrom } from '../../src/config/mail-from.ts'
import { originList, publicUrl } from '../../src/config/origins.ts'
import type { Parse } from '../../src/config/parsers.ts'
import { trustProxy } from '../../src/config/trust-proxy.ts'

test('PUBLIC_URL is an origin and nothing more', () => {
  assert.deepEqual(
    valuesOf(publicUrl, ['https://auth.example', 'HTTPS://Auth.Example:443/', 'http://[::1]:5000']),
    ['https://auth.example', 'https://auth.example', 'http://[::1]:5000'],
  )
  refusesAll(publicUrl, [
    'auth.example',
    'ftp://auth.example',
    'https://',
    'https:auth.example',
    'https://auth.example/login',
    'https://auth.example//',
    'https://auth.example?a=1',
    'https://auth.example/#top',
    'https://me:secret@auth.example',
    'https://auth.example\\evil',
    'https://*.example',
    'https://auth.example:70000',
  ])
})

test('CORS_ORIGINS are exact origins', () => {
  assert.deepEqual(valuesOf(originList, ['https://a.example, http://localhost:3000,https://A.example:443']), [
    ['https://a.example', 'http://localhost:3000'],
  ])
  refusesAll(originList, [
    '*',
    'null',
    'https://*.example',
    'https://a.example/',
    'https://a.example/app',
    'a.example',
    'https://a.example,',
    'https://a.example https://b.example',
    'file://',
  ])
})

test('TRUST_PROXY is a number of hops or a list of networks, never everybody', () => {
  const networks = '10.0.0.0/8, 192.168.1.7,fc00::/7,::1'
  assert.deepEqual(valuesOf(trustProxy, ['0', '10', networks]), [
    0,
    10,
    ['10.0.0.0/8', '192.168.1.7', 'fc00::/7', '::1'],
  ])
  assert.equal(typeof proxyAddr.compile(networks.split(/, ?/)), 'function')
  refusesAll(trustProxy, [
    'true',
    'TRUE',
    'false',
    '11',
    '-1',
    'loopback',
    '0.0.0.0/0',
    '::/0',
    '::ffff:0:0/96',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0',
    'fe80::1%eth0',
    '10.0.0.1,',
  ])
})

test('DATABASE_URL is Postgres or memory', () => {
  assert.deepEqual(
    valuesOf(databaseUrl, ['memory:', 'postgres://me:p%40ss@db:5432/app', 'postgresql:///app ']),
    [
      { kind: 'memory' },
      { kind: 'postgres', url: 'postgres://me:p%40ss@db:5432/app' },
      { kind: 'postgres', url: 'postgresql:///app' },
    ],
  )
  refusesAll(databaseUrl, [
    'mysql://db/app',
    'file:./data',
    'postgres',
    'postgres://me:p#ss@db/app',
    'postgres://me:%@db/app',
  ])
})

test('REDIS_URL is one server, a cluster or sentinels', () => {
  acceptsAll(redisUrl, [
    'redis://localhost',
    'redis://me:secret@cache.example:6380/2',
    'rediss://cache.example:6379/',
    'redis://[::1]:6379',
    'redis+cluster://a:7000,b:7001',
    'rediss+cluster://:secret@a.example:7000,b.example:7001',
    'redis+sentinel://a:26379,b:26379/mymaster',
    'rediss+sentinel://me:secret@a:26379/my-master',
  ])
  refusesAll(redisUrl, [
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://a:6379,b:6379',
    'redis://a:99999',
    'redis://a/master',
    'redis://:%@a',
    'redis+cluster://a',
    'redis+cluster://a:7000,',
    'redis+cluster://a:7000/0',
    'redis+sentinel://a:26379',
    'redis+sentinel://a:26379/',
    'rediss+other://a:1',
  ])
})

test('SMTP_URL is smtp or smtps', () => {
  acceptsAll(smtpUrl, [
    'smtp://localhost:2525',
    'smtps://me%40example.org:secret@mail.example:465/',
    'smtp://mail?pool=true',
  ])
  refusesAll(smtpUrl, [
    'mail.example',
    'http://mail.example',
    'smtp://',
    'smtp://me:s#c@mail.example',
    'smtp://me:%@mail',
  ])
})

test('MAIL_FROM is one sender', () => {
  acceptsAll(mailFrom, [
    'no-reply@example.org',
    '<no-reply@example.org>',
    'Sallyport <no-reply@localhost>',
    'Köche & Söhne <no-reply@example.org>',
    '"Acme, Inc." <no-reply@example.org>',
  ])
  refusesAll(mailFrom, [
    'no-reply',
    'Acme, Inc. <no-reply@example.org>',
    'a@example.org,b@example.org',
    'Acme <no-reply@example.org>\r\nBcc: eve@example.org',
    'Ac\r\nme <no-reply@example.org>',
    'Acme <a@example.org> <b@example.org>',
    'Acme <>',
    `${'x'.repeat(250)} <a@example.org>`,
  ])
})

test('the default sender lives at the host of PUBLIC_URL', () => {
  assert.equal(defaultMailFrom('https://auth.example:8443'), 'Sallyport <no-reply@auth.example>')
  assert.equal(defaultMailFrom('http://127.0.0.1:5000'), 'Sallyport <no-reply@localhost>')
  assert.equal(defaultMailFrom('https://192.0.2.7'), 'Sallyport <no-reply@[192.0.2.7]>')
  assert.equal(defaultMailFrom('https://[2001:db8::7]'), 'Sallyport <no-reply@[IPv6:2001:db8::7]>')
})

function valuesOf<Value>(parse: Parse<Value>, texts: string[]): Value[] {
  return texts.map((text) => {
    const parsed = parse(text)
    assert.ok(parsed.ok, `${text} was refused`)
    return parsed.value
  })
}

function acceptsAll(parse: Parse<string>, texts: string[]): void {
  assert.deepEqual(valuesOf(parse, texts), texts)
}

function refusesAll(parse: Parse<unknown>, texts: string[]): void {
  for (const text of texts) {
    const parsed = parse(text)
    assert.ok(!parsed.ok && parsed.wrong !== '' && parsed.fix.endsWith('.'), `${text} was accepted`)
  }
}
