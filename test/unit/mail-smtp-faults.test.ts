import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Mail, MailRefused } from '../../src/mail/channel.ts'
import { createSmtpChannel, type SmtpTimeouts } from '../../src/mail/smtp-channel.ts'

const mail: Mail = {
  id: 'mail_1',
  to: 'test@test.com',
  subject: '839201 is your Sallyport code',
  text: 'Your code is: 839201\n',
  html: '<p>Your code is: 839201</p>',
  language: 'en',
  code: '839201',
}

test('F-SMTP-01: refusals of the server are final only for this recipient or this text', async (context) => {
  const cases: [command: string, reply: string, permanent: boolean, words: RegExp][] = [
    ['RCPT', '550 no such user', true, /refused the mail \(550 no such user\)/],
    ['RCPT', '450 greylisted', false, /refused the mail \(450 greylisted\)/],
    ['RCPT', '530 log in first', false, /refused the mail/],
    ['MAIL', '550 not your domain', false, /refused the sender .* MAIL_FROM/],
    ['.', '554 spam: 839201 is your code', true, /refused the mail \(554 spam: ••• is your code\)/],
    ['.', '451 try later', false, /refused the mail/],
    ['EHLO', '421 overloaded', false, /overloaded/],
    ['banner', '554 go away', false, /554 go away/],
  ]
  for (const [command, reply, permanent, words] of cases) {
    const { port } = await startScript(context, { [command]: reply })
    await assert.rejects(
      channelTo(context, port).send(mail),
      refusal(permanent, words),
      `${command} ${reply}`,
    )
  }
})

test('F-SMTP-01: a server that hangs, trickles or is slow to greet is left in time', async (context) => {
  const hangs: [Record<string, string>, Partial<SmtpTimeouts>, RegExp][] = [
    [{ banner: 'hang' }, { greetingMs: 60 }, /sent no greeting in time\. .*smtps:\/\//],
    [{ EHLO: 'hang' }, { idleMs: 60 }, /stopped answering/],
    [{ '.': 'hang' }, { idleMs: 60 }, /stopped answering/],
    [{ RCPT: 'trickle' }, { idleMs: 100, sendMs: 200 }, /stopped answering/],
  ]
  for (const [script, timeouts, words] of hangs) {
    const { port } = await startScript(context, script)
    await assert.rejects(channelTo(context, port, timeouts).send(mail), refusal(false, words))
  }
})

test('a server that is not there is named, with the fix', async (context) => {
  const { port, server } = await startScript(context, {})
  server.close()
  for (const host of ['127.0.0.1', 'localhost']) {
    const channel = createSmtpChannel({ url: `smtp://${host}:${port}`, from: 'login@example.com' })
    await assert.rejects(
      channel.check(),
      refusal(false, new RegExp(`${host}:${port} refused the connection. Start it`)),
    )
    await assert.rejects(channel.send(mail), refusal(false, /refused the connection/))
  }
})

test('a login that is refused says so, and never the password', async (context) => {
  const password = 's3cret/pass'
  const encoded = Buffer.from(`\0me\0${password}`).toString('base64')
  const { port } = await startScript(context, { AUTH: `535 no: ${password} ${encoded} ${btoa(password)}` })
  const url = `smtp://me:${encodeURIComponent(password)}@127.0.0.1:${port}`
  const channel = createSmtpChannel({ url, from: 'login@example.com' })
  context.after(() => channel.close())
  for (const act of [channel.check, () => channel.send(mail)]) {
    await assert.rejects(act(), (error: MailRefused) => {
      refusal(
        false,
        /did not accept the login \(535 no: •••.*Check user name and password in SMTP_URL/,
      )(error)
      for (const secret of [password, encoded, btoa(password)])
        assert.equal(error.stack?.includes(secret), false)
      return true
    })
  }
})

test('a connection that the server drops while idle costs no mail', async (context) => {
  const sink = await startScript(context, {})
  const channel = channelTo(context, sink.port)
  await channel.send(mail)
  for (const socket of sink.sockets) socket.destroy()
  await channel.send(mail)
  assert.equal(sink.transcript().match(/^DATA\r\n/gm)?.length, 2)
})

test('close ends a delivery that a server stalls', async (context) => {
  const sink = await startScript(context, { RCPT: 'hang' })
  const channel = channelTo(context, sink.port)
  const sending = assert.rejects(channel.send(mail), MailRefused)
  await sink.sawCommand('RCPT')
  await channel.close()
  await sending
  await assert.rejects(channel.send(mail), MailRefused)
})

function refusal(permanent: boolean, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof MailRefused, String(error))
    assert.match(error.message, words)
    assert.equal(error.permanent, permanent)
    return true
  }
}

function channelTo(context: TestContext, port: number, timeouts: Partial<SmtpTimeouts> = {}) {
  const channel = createSmtpChannel({ url: `smtp://127.0.0.1:${port}`, from: 'login@example.com', timeouts })
  context.after(() => channel.close())
  return channel
}

/** A server that answers as scripted: a reply per command, `hang`, or `trickle` (never silent, never done). */
async function startScript(context: TestContext, script: Record<string, string>) {
  const sockets: Socket[] = []
  let transcript = ''
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    const answer = (name: string, usual: string) => {
      const reply = script[name] ?? usual
      if (reply === 'hang') return
      if (reply === 'trickle') {
        const timer = setInterval(() => socket.write('250-more\r\n'), 20)
        socket.once('close', () => clearInterval(timer))
      } else socket.write(`${reply}\r\n`)
    }
    let inMessage = false
    answer('banner', '220 script')
    socket.on('data', (chunk) => {
      transcript += chunk.toString('latin1')
      for (const line of chunk.toString('latin1').split('\r\n').filter(Boolean)) {
        if (inMessage && line !== '.') continue
        const name = line.split(' ')[0] ?? ''
        server.emit('command', name)
        answer(name, usualReplies[name] ?? '250 ok')
        inMessage = name === 'DATA'
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  context.after(() => sockets.map((socket) => socket.destroy()))
  const { port } = server.address() as AddressInfo
  const sawCommand = async (name: string) => {
    while (!transcript.includes(name)) await once(server, 'command')
  }
  return { port, server, sockets, transcript: () => transcript, sawCommand }
}

const usualReplies: Record<string, string> = {
  EHLO: '250-script\r\n250 AUTH PLAIN',
  DATA: '354 go on',
  QUIT: '221 bye',
}
