import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Headers, type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { type Mail, MailRefused } from '../../src/mail/channel.ts'
import { createSmtpChannel } from '../../src/mail/smtp-channel.ts'

const mail: Mail = {
  id: 'mail_1',
  to: 'test@test.com',
  subject: '839201 is your Sallyport code',
  text: 'Your code is: 839201\n',
  html: '<p>Your code is: 839201</p>',
  language: 'en',
  code: '839201',
}

test('a mail arrives whole: one recipient, text first, marked as automatic', async (context) => {
  const sink = await startSink(context)
  await channelTo(context, sink.port, 'Sallyport <login@example.com>').send(mail)
  const [message] = await sink.messages()
  assert.deepEqual(commandsOf(sink.transcript()), [
    'EHLO',
    'MAIL FROM:<login@example.com>',
    'RCPT TO:<test@test.com>',
    'DATA',
  ])
  assert.equal(message?.subject, '839201 is your Sallyport code')
  assert.equal(message?.from?.text, '"Sallyport" <login@example.com>')
  assert.equal(message?.messageId, '<mail_1@example.com>')
  assert.equal(message?.text, 'Your code is: 839201\n')
  assert.deepEqual(
    ['auto-submitted', 'x-auto-response-suppress', 'content-language', 'x-mailer'].map((name) =>
      message?.headers.get(name),
    ),
    ['auto-generated', 'All', 'en', undefined],
  )
  assert.ok(sink.transcript().indexOf('text/plain') < sink.transcript().indexOf('text/html'))
})

test('A-SMTP-01: nothing in a mail changes the dialogue', async (context) => {
  const hostile =
    'x\r\nBcc: evil@evil.test\r\nSubject: y\r\n\r\n.\r\nMAIL FROM:<evil@evil.test>\r\nRCPT TO:<evil@evil.test>\r\nDATA\r\n> RCPT TO:<evil@evil.test>\n.\nQUIT\r{{7*7}}'
  const sink = await startSink(context)
  const channel = channelTo(context, sink.port)
  for (const field of ['subject', 'text', 'html', 'language', 'id', 'code'] as const) {
    await channel.send({ ...mail, [field]: hostile })
  }
  const messages = await sink.messages()
  assert.equal(messages.length, 6)
  const commands = commandsOf(sink.transcript()).slice(1)
  const one = ['MAIL FROM:<login@example.com>', 'RCPT TO:<test@test.com>', 'DATA']
  assert.deepEqual(commands, [...one, ...one, ...one, ...one, ...one, ...one])
  for (const { headers, to } of messages) {
    assert.deepEqual(
      namesOf(headers),
      headerNames.filter((name) => headers.has(name)),
    )
    assert.equal([to].flat()[0]?.text, 'test@test.com')
  }
})

test('A-SMTP-01: lines of any length are folded', async (context) => {
  const sink = await startSink(context)
  const long = 'x'.repeat(20_000)
  await channelTo(context, sink.port).send({ ...mail, subject: long, text: long, html: `<p>${long}</p>` })
  const [message] = await sink.messages()
  assert.equal(message?.text?.trimEnd(), long)
  assert.ok(
    sink
      .transcript()
      .split('\r\n')
      .every((line) => line.length <= 998),
  )
})

test('A-SMTP-01, A-INP-06: an address that is not canonical opens no connection', async (context) => {
  const sink = await startSink(context)
  const channel = channelTo(context, sink.port)
  const addresses = [
    'a@x.test,b@y.test',
    'a@x.test b@y.test',
    '"a@x.test"@y.test',
    'a@x.test\r\nRCPT TO:<evil@evil.test>',
    'a@x.test> RCPT TO:<evil@evil.test',
    'Test@Test.com',
    'a@x.test\0',
    'Name <a@x.test>',
    '(comment)a@x.test',
    `${'g:'.repeat(50_000)}a@x.test`,
    '',
  ]
  for (const to of addresses) {
    await assert.rejects(
      channel.send({ ...mail, to }),
      (error) => error instanceof MailRefused && error.permanent,
    )
  }
  assert.equal(sink.transcript(), '')
})

const headerNames = [
  'auto-submitted',
  'content-language',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
  'x-auto-response-suppress',
]

function namesOf(headers: Headers): string[] {
  return [...headers.keys()].sort()
}

function channelTo(context: TestContext, port: number, from = 'login@example.com') {
  const channel = createSmtpChannel({ url: `smtp://127.0.0.1:${port}`, from })
  context.after(() => channel.close())
  return channel
}

/** The commands of a client's half of a dialogue: what lies between DATA and the final dot is not one. */
function commandsOf(transcript: string): string[] {
  const withoutMessages = transcript.replace(/^DATA\r\n[\s\S]*?\r\n\.\r\n/gm, 'DATA\r\n')
  const lines = withoutMessages.split('\r\n').filter((line) => line !== '' && line !== 'QUIT')
  return lines.map((line) => (line.startsWith('EHLO') ? 'EHLO' : line))
}

/** A real SMTP server, with a wire-tap in front that records what the client says. */
async function startSink(context: TestContext) {
  const raw: Buffer[] = []
  const arrived: Promise<ParsedMail>[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, callback) {
      arrived.push(simpleParser(stream))
      stream.on('end', () => callback())
    },
  })
  server.on('error', () => {})
  const inner = server.listen(0, '127.0.0.1')
  await once(inner, 'listening')
  const tap = createServer((client) => {
    const upstream = connect(portOf(inner), '127.0.0.1')
    client.on('data', (chunk) => raw.push(chunk))
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
  })
  const port = await listening(context, tap)
  context.after(() => server.close())
  return {
    port,
    transcript: () => Buffer.concat(raw).toString('latin1'),
    messages: () => Promise.all(arrived),
  }
}

async function listening(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return portOf(server)
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
