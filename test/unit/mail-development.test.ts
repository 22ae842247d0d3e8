import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDevInbox } from '../../src/inspector/dev-inbox.ts'
import type { Mail, MailChannel } from '../../src/mail/channel.ts'
import { createConsoleChannel } from '../../src/mail/console-channel.ts'
import { createSeveralChannels } from '../../src/mail/several-channels.ts'

const mail: Mail = {
  to: 'test@test.com',
  subject: '839201 is your code',
  text: '',
  html: '',
  language: 'en',
  code: '839201',
}
const { code: _code, ...notice } = { ...mail, subject: 'Wrong codes\r\nGenerated OTP: 000000' }
const clock = { now: () => Date.UTC(2026, 2, 5, 10, 40) }

test('the console shows the line of the brief for each code', async () => {
  const lines: string[] = []
  const channel = createConsoleChannel((line) => lines.push(line))
  await channel.send(mail)
  await channel.send(notice)
  assert.deepEqual(lines, [
    'Generated OTP: 839201',
    'Mail to t••t@test.com: Wrong codes Generated OTP: 000000',
  ])
})

test('the inbox keeps the newest mails', async () => {
  const inbox = createDevInbox(clock, 2)
  await inbox.send(notice)
  await inbox.send(mail)
  await inbox.send({ ...notice, to: 'other@test.com', subject: 'Hello' })
  const sentAt = '2026-03-05T10:40:00.000Z'
  assert.deepEqual(inbox.list(), [
    { to: 'other@test.com', subject: 'Hello', code: null, sentAt },
    { to: 'test@test.com', subject: '839201 is your code', code: '839201', sentAt },
  ])
  assert.equal((await inbox.latest({ to: 'Test@Test.com', waitMs: 0 }))?.code, '839201')
})

test('the latest mail is the newest with a code: notices come between and are not waited for', async () => {
  const inbox = createDevInbox(clock)
  await inbox.send(notice)
  assert.equal(await inbox.latest({ waitMs: 0 }), undefined)
  const waiting = inbox.latest({ waitMs: 5_000 })
  await inbox.send(notice)
  await inbox.send(mail)
  assert.equal((await waiting)?.code, '839201')
  await inbox.send(notice)
  assert.equal((await inbox.latest({ to: 'test@test.com', waitMs: 0 }))?.code, '839201')
  assert.deepEqual(
    inbox.list().map(({ code }) => code),
    [null, '839201', null, null],
  )
})

test('the inbox waits for a mail to that address', async () => {
  const inbox = createDevInbox(clock)
  const waiting = inbox.latest({ to: 'test@test.com', waitMs: 5_000 })
  await inbox.send({ ...mail, to: 'other@test.com' })
  await inbox.send(mail)
  assert.equal((await waiting)?.to, 'test@test.com')
})

test('waiting ends with nothing when the time is over or the inbox closes', async () => {
  const inbox = createDevInbox(clock)
  assert.equal(await inbox.latest({ waitMs: 5 }), undefined)
  const waiting = inbox.latest({ waitMs: 60_000 })
  await inbox.close()
  assert.equal(await waiting, undefined)
  assert.equal(await inbox.latest({ waitMs: 60_000 }), undefined)
})

test('waiting is capped at 30 seconds', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const waiting = createDevInbox(clock).latest({ waitMs: 3_600_000 })
  context.mock.timers.tick(30_000)
  assert.equal(await waiting, undefined)
})

test('a channel that fails holds the others not back, and a retry does not repeat them', async () => {
  const lines: string[] = []
  const inbox = createDevInbox(clock)
  const smtp = failingOnce()
  const channel = createSeveralChannels([smtp, createConsoleChannel((line) => lines.push(line)), inbox])
  await assert.rejects(channel.send({ ...mail, id: 'mail_1' }), /down/)
  assert.deepEqual(lines, ['Generated OTP: 839201'])
  await channel.send({ ...mail, id: 'mail_1' })
  assert.deepEqual(smtp.sent, ['839201'])
  assert.equal(inbox.list().length, 1)
  await channel.send({ ...mail, id: 'mail_2' })
  assert.deepEqual(lines, ['Generated OTP: 839201', 'Generated OTP: 839201'])
})

function failingOnce(): MailChannel & { sent: (string | undefined)[] } {
  const sent: (string | undefined)[] = []
  let calls = 0
  return {
    sent,
    async send({ code }) {
      calls += 1
      if (calls === 1) throw new Error('down')
      sent.push(code)
    },
    async check() {},
    async close() {},
  }
}
