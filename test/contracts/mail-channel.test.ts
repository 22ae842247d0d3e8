import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { createDevInbox } from '../../src/inspector/dev-inbox.ts'
import type { Mail, MailChannel } from '../../src/mail/channel.ts'
import { createConsoleChannel } from '../../src/mail/console-channel.ts'
import { createSeveralChannels } from '../../src/mail/several-channels.ts'
import { createSmtpChannel } from '../../src/mail/smtp-channel.ts'

/** A channel under test, and the codes that have come out at its other end. */
type Subject = { channel: MailChannel; codes: () => (string | undefined)[] }

const subjects: Record<string, (context: TestContext) => Promise<Subject>> = {
  console: async () => consoleSubject(),
  'dev inbox': async () => inboxSubject(),
  smtp: smtpSubject,
  'several of them': severalSubject,
}

const mail: Mail = {
  to: 'test@test.com',
  subject: 'Your code',
  text: 'Your code is: 839201\n',
  html: '<p>839201</p>',
  language: 'en',
  code: '839201',
}

for (const [name, create] of Object.entries(subjects)) {
  test(`${name}: check passes, and each mail comes out before send resolves`, async (context) => {
    const { channel, codes } = await create(context)
    await channel.check()
    await channel.send(mail)
    assert.deepEqual(codes(), ['839201'])
    await channel.send({ ...mail, text: 'Your code is: 000042\n', code: '000042' })
    assert.deepEqual(codes(), ['839201', '000042'])
  })

  test(`${name}: many mails at once all come out`, async (context) => {
    const { channel, codes } = await create(context)
    await Promise.all(Array.from({ length: 25 }, () => channel.send(mail)))
    assert.equal(codes().length, 25)
  })

  test(`${name}: close may be called twice`, async (context) => {
    const { channel } = await create(context)
    await channel.send(mail)
    await channel.close()
    await channel.close()
  })
}

function consoleSubject(): Subject {
  const lines: string[] = []
  return {
    channel: createConsoleChannel((line) => lines.push(line)),
    codes: () => lines.map((line) => /^Generated OTP: (\d+)$/.exec(line)?.[1]),
  }
}

function inboxSubject(): Subject {
  const channel = createDevInbox({ now: () => 0 })
  return {
    channel,
    codes: () =>
      channel
        .list()
        .map(({ code }) => code ?? undefined)
        .reverse(),
  }
}

async function smtpSubject(context: TestContext): Promise<Subject> {
  const codes: (string | undefined)[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    async onData(stream, _session, callback) {
      const { text } = await simpleParser(stream)
      codes.push(/^Your code is: (\d+)$/m.exec(text ?? '')?.[1])
      callback()
    },
  })
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const channel = createSmtpChannel({ url: `smtp://localhost:${port}`, from: 'login@example.com' })
  context.after(() => channel.close())
  context.after(() => server.close())
  return { channel, codes: () => codes }
}

async function severalSubject(context: TestContext): Promise<Subject> {
  const parts = [consoleSubject(), inboxSubject(), await smtpSubject(context)]
  const codes = () => {
    const [first, ...others] = parts.map((part) => part.codes())
    for (const other of others) assert.deepEqual(other, first)
    return first ?? []
  }
  return { channel: createSeveralChannels(parts.map(({ channel }) => channel)), codes }
}
