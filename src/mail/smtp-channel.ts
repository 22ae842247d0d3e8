import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, type LookupFunction } from 'node:net'
import type { SendMailOptions, SMTPPoolOptions } from 'nodemailer'
import { canonicalEmail } from '../utils/email.ts'
import { type Mail, type MailChannel, MailRefused } from './channel.ts'
import { oneLine } from './one-line.ts'
import { explainSmtpError } from './smtp-errors.ts'
import { parseSmtpUrl, type SmtpTarget } from './smtp-url.ts'

// Its ES module imports `node:http`, and so all of undici: src/server.ts tells what that costs.
const { createTransport } = createRequire(import.meta.url)('nodemailer') as typeof import('nodemailer')

export type SmtpTimeouts = typeof defaultTimeouts

/**
 * Sends over SMTP with a pool of connections. Plain text leaves this machine never: `smtps://` is verified, `smtp://`
 * to another host needs STARTTLS with a verified certificate. Throws an Error with words when a setting is wrong.
 */
export function createSmtpChannel(options: {
  url: string
  from: string
  timeouts?: Partial<SmtpTimeouts>
}): MailChannel {
  const target = parseSmtpUrl(options.url)
  const sender = parseSender(options.from)
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  const transport = createTransport(poolOptions(target, timeouts))
  return {
    async send(mail) {
      requireExactAddress(mail.to)
      const message = { ...messageOf(mail, sender), signal: AbortSignal.timeout(timeouts.sendMs) }
      await explained(() => transport.sendMail(message), target, mail.code)
    },
    async check() {
      await explained(() => transport.verify(), target)
    },
    async close() {
      // Whoever closes has waited long enough: a delivery that a server stalls must not hold the process.
      transport.close({ force: true })
    },
  }
}

const defaultTimeouts = {
  connectMs: 5_000,
  greetingMs: 5_000,
  /** Silence on the socket. */
  idleMs: 15_000,
  /** One mail from queue to reply: ends the server that trickles and so is never silent. */
  sendMs: 25_000,
}

type Sender = { name: string; address: string }

function parseSender(from: string): Sender {
  const match = /^\s*(?:"?([^"<>]*?)"?\s*<([^<>]+)>|([^<>\s]+))\s*$/.exec(from)
  const address = match?.[2] ?? match?.[3] ?? ''
  if (!/^[^\s@<>",;:()]+@[^\s@<>",;:()]+$/.test(address)) {
    throw new Error('MAIL_FROM is not one address. Write Sallyport <login@example.com> or login@example.com.')
  }
  return { name: oneLine(match?.[1] ?? ''), address }
}

function poolOptions(target: SmtpTarget, timeouts: SmtpTimeouts): SMTPPoolOptions & { pool: true } {
  return {
    pool: true,
    maxConnections: 4,
    // One: a pooled connection that the server has dropped meanwhile. Anything else is the outbox's retry.
    maxRequeues: 1,
    host: target.host,
    port: target.port,
    secure: target.secure,
    requireTLS: target.requireTls,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: target.verifyCertificate },
    ...(target.auth ? { auth: target.auth } : {}),
    ...(target.host === 'localhost' ? { getSocket: localhostSocket(target.port, timeouts.connectMs) } : {}),
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.idleMs,
    socketCloseTimeout: 1_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/**
 * `localhost` is this machine (RFC 6761), whatever a DNS server answers: its certificate may go unverified only because
 * of that. The mailer itself would ask DNS first, which also takes seconds on a laptop without network.
 */
function localhostSocket(port: number, timeoutMs: number): NonNullable<SMTPPoolOptions['getSocket']> {
  return (_options, callback) => {
    const connection = connect({ host: 'localhost', port, lookup: loopbackLookup, autoSelectFamily: true })
    once(connection, 'connect', { signal: AbortSignal.timeout(timeoutMs) }).then(
      () => callback(null, { connection }),
      (error) => {
        connection.destroy()
        callback(error)
      },
    )
  }
}

const loopbackLookup: LookupFunction = (_hostname, _options, callback) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  setImmediate(() => callback(null, addresses))
}

/** Mail goes to the one canonical spelling that is stored, or nowhere: no list, no comment, no line break (A-SMTP-01, A-INP-06). */
function requireExactAddress(to: string): void {
  if (canonicalEmail(to) === to) return
  throw new MailRefused('The recipient is not one canonical mail address.', {
    permanent: true,
    fix: 'Store addresses as canonicalEmail() spells them.',
  })
}

function messageOf(mail: Mail, sender: Sender): SendMailOptions {
  // Objects, not strings: the mailer parses strings as address lists, and those parsers were tricked before (GHSA-mm7p-fcc7-pg87).
  const recipient = { name: '', address: mail.to }
  return {
    from: sender,
    to: recipient,
    envelope: { from: { name: '', address: sender.address }, to: [recipient] },
    subject: oneLine(mail.subject),
    text: mail.text,
    html: mail.html,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/.test(mail.language)
        ? { 'Content-Language': mail.language }
        : {}),
    },
    ...messageId(mail, sender),
    xMailer: false,
  }
}

/** The same for each attempt, so that a mailbox can drop the second copy of a mail that was sent twice (F-SMTP-02). */
function messageId(mail: Mail, sender: Sender): { messageId?: string } {
  if (mail.id === undefined || !/^[\w-]{1,100}$/.test(mail.id)) return {}
  return { messageId: `<${mail.id}@${sender.address.split('@')[1]}>` }
}

async function explained(act: () => Promise<unknown>, target: SmtpTarget, code?: string): Promise<void> {
  try {
    await act()
  } catch (error) {
    throw explainSmtpError(error, target, code)
  }
}
