import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { type Mail, MailRefused } from '../../src/mail/channel.ts'
import { createSmtpChannel } from '../../src/mail/smtp-channel.ts'

const mail: Mail = {
  to: 'test@test.com',
  subject: 'Hello',
  text: 'Hello',
  html: '<p>Hello</p>',
  language: 'en',
}

test('on loopback STARTTLS is used when offered, with whatever certificate', async (context) => {
  const sink = await startSink(context, {})
  await channelTo(context, `smtp://127.0.0.1:${sink.port}`).send(mail)
  await channelTo(context, `smtp://localhost:${sink.port}`).send(mail)
  assert.deepEqual(sink.arrivedOverTls, [true, true])
})

test('on loopback a sink without STARTTLS will do', async (context) => {
  const sink = await startSink(context, { disabledCommands: ['STARTTLS'] })
  await channelTo(context, `smtp://localhost:${sink.port}`).send(mail)
  assert.deepEqual(sink.arrivedOverTls, [false])
})

test('12.3.1: STARTTLS that was stripped means that nothing is sent', async (context) => {
  for (const options of [
    { disabledCommands: ['STARTTLS'] },
    { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] },
  ]) {
    const sink = await startSink(context, options)
    const channel = channelTo(context, `smtp://127.0.0.1:${sink.port}?requireTLS=true`)
    await assert.rejects(channel.send(mail), refusal(/does not offer STARTTLS .*smtps:\/\//))
    await assert.rejects(channel.check(), refusal(/does not offer STARTTLS/))
    assert.deepEqual([sink.senders, sink.arrivedOverTls], [[], []])
  }
})

test('12.3.2: a certificate that cannot be verified means that nothing is sent', async (context) => {
  // smtp-server brings a self-signed certificate that has expired.
  const startTls = await startSink(context, {})
  const tls = await startSink(context, { secure: true })
  for (const url of [
    `smtp://localhost:${startTls.port}?requireTLS=true`,
    `smtps://localhost:${tls.port}`,
    `smtps://127.0.0.1:${tls.port}`,
  ]) {
    const channel = channelTo(context, url)
    await assert.rejects(
      channel.send(mail),
      refusal(/certificate that can't be verified \(.*NODE_EXTRA_CA_CERTS/),
    )
    await assert.rejects(channel.check(), refusal(/certificate that can't be verified/))
  }
  assert.deepEqual([...startTls.senders, ...tls.senders], [])
})

test('12.3.2: a trusted certificate is accepted for its name only', {
  skip: !hasOpenssl(),
}, async (context) => {
  const certificate = createCertificate(context, 'localhost')
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, certificate.cert])
  context.after(() => setDefaultCACertificates(trusted))
  const startTls = await startSink(context, certificate)
  const tls = await startSink(context, { secure: true, ...certificate })
  await channelTo(context, `smtp://localhost:${startTls.port}?requireTLS=true`).send(mail)
  await channelTo(context, `smtps://localhost:${tls.port}`).check()
  await channelTo(context, `smtps://localhost:${tls.port}`).send(mail)
  assert.deepEqual([...startTls.arrivedOverTls, ...tls.arrivedOverTls], [true, true])
  const otherName = channelTo(context, `smtps://127.0.0.1:${tls.port}`)
  await assert.rejects(
    otherName.send(mail),
    refusal(/certificate that can't be verified \(ERR_TLS_CERT_ALTNAME_INVALID\)/),
  )
})

test('12.1.1: TLS below 1.2 is refused', async (context) => {
  const sink = await startSink(context, {
    secure: true,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  await assert.rejects(
    channelTo(context, `smtps://localhost:${sink.port}`).send(mail),
    refusal(/failed to set up TLS/),
  )
})

test('smtps:// to a port that greets in plain text, and the other way round, says which to use', async (context) => {
  const startTls = await startSink(context, {})
  await assert.rejects(
    channelTo(context, `smtps://localhost:${startTls.port}`).check(),
    refusal(/failed to set up TLS.*smtp:\/\/ for 587/),
  )
  const tls = await startSink(context, { secure: true })
  const channel = channelTo(context, `smtp://localhost:${tls.port}`)
  await assert.rejects(channel.check(), refusal(/sent no greeting in time.*needs smtps:\/\//))
})

function refusal(words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof MailRefused, String(error))
    assert.match(error.message, words)
    assert.equal(error.permanent, false)
    return true
  }
}

function channelTo(context: TestContext, url: string) {
  const channel = createSmtpChannel({ url, from: 'login@example.com', timeouts: { greetingMs: 300 } })
  context.after(() => channel.close())
  return channel
}

async function startSink(context: TestContext, options: SMTPServerOptions) {
  const senders: string[] = []
  const arrivedOverTls: boolean[] = []
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    ...options,
    onMailFrom({ address }, _session, callback) {
      senders.push(address)
      callback()
    },
    onData(stream, session, callback) {
      arrivedOverTls.push(session.secure)
      stream.on('end', () => callback()).resume()
    },
  })
  server.on('error', () => {})
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  context.after(() => server.close())
  return { port: (listener.address() as AddressInfo).port, senders, arrivedOverTls }
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

function createCertificate(context: TestContext, name: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-mail-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}
