/** A mail server in this process: keeps what arrives, and misbehaves as scripted. */

import { buffer } from 'node:stream/consumers'
import { format } from 'node:util'
import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'
import type { Certificate } from './certificate.ts'
import { createMailbox } from './mailbox.ts'
import { freePort } from './ports.ts'
import { meetFault, type SmtpFault, takeFault } from './smtp-faults.ts'

export type ReceivedMail = {
  /** The addresses of RCPT TO: where it really went. */
  recipients: string[]
  /** The addresses of the To header. */
  to: string[]
  from: string
  subject: string
  text: string
  html: string
  /** The message as it came, headers included. */
  raw: string
  /** The SMTP dialogue of this message, `C: ...` and `S: ...`. */
  transcript: string[]
  /** Whether it came over TLS. */
  secure: boolean
  receivedAtMs: number
}

export type SmtpSink = {
  port: number
  /** For SMTP_URL, with the credentials where the sink wants some. */
  url: string
  /** Every mail since the start or the last `clear`. */
  mails: ReceivedMail[]
  /** The oldest mail to this address that no earlier call has given: two logins are two calls. */
  waitForMail(wanted: { to: string; subject?: RegExp }, withinMs?: number): Promise<ReceivedMail>
  /** Replaces the faults; each happens when a client gets there. `script([])` heals. */
  script(faults: SmtpFault[]): void
  clear(): void
  /** Refuses connections, and drops those that are open. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export type SmtpSinkOptions = {
  tls?: { mode: 'starttls' | 'implicit'; certificate: Certificate }
  credentials?: { user: string; password: string }
}

/** The one-time code of a mail: its first run of exactly so many digits. */
export function codeIn(mail: ReceivedMail, length = 6): string {
  const code = new RegExp(`(?<!\\d)\\d{${length}}(?!\\d)`).exec(mail.text)?.[0]
  if (code === undefined) throw new Error(`No code of ${length} digits in:\n${mail.text}`)
  return code
}

export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const port = await freePort()
  const mailbox = createMailbox()
  let faults: SmtpFault[] = []
  let server: SMTPServer | undefined

  const sink: SmtpSink = {
    port,
    url: urlOf(port, options),
    mails: mailbox.mails,
    waitForMail: mailbox.waitForMail,
    clear: mailbox.clear,
    script(next) {
      faults = next.map((fault) => ({ ...fault }))
    },
    async start() {
      server = createServer(options, () => faults, mailbox.add)
      await listen(server, port)
    },
    async stop() {
      const stopped = server
      if (!stopped) return
      server = undefined
      for (const connection of stopped.connections) dropConnection(connection)
      await new Promise<void>((done) => stopped.close(done))
    },
    close: () => sink.stop(),
  }
  await sink.start()
  return sink
}

function createServer(
  options: SmtpSinkOptions,
  faults: () => SmtpFault[],
  add: (mail: ReceivedMail) => void,
): SMTPServer {
  const transcripts = new Map<string, string[]>()
  const meet = (at: SmtpFault['at'], session: SMTPServerSession, done: (error?: Error) => void) =>
    meetFault(takeFault(faults(), at), () => dropSession(server, session), done)

  const server = new SMTPServer({
    ...securityOf(options),
    logger: transcriptLogger(transcripts),
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (session, done) => meet('connect', session, done),
    onMailFrom: (_address, session, done) => meet('mail', session, done),
    onRcptTo: (_address, session, done) => meet('rcpt', session, done),
    onData(stream, session, done) {
      const transcript = transcripts.get(session.id) ?? []
      transcripts.delete(session.id)
      // The stream has to be read to its end before any answer.
      buffer(stream).then(async (raw) => {
        const fault = takeFault(faults(), 'data')
        const isKept = fault?.reply === undefined || fault.reply === 'drop'
        if (isKept) add(await readMail(raw, session, transcript))
        meetFault(fault, () => dropSession(server, session), done)
      }, done)
    },
    onClose: (session, done) => {
      transcripts.delete(session.id)
      done()
    },
  })
  // A client that hangs up in the middle is the client's affair.
  server.on('error', () => {})
  return server
}

function securityOf({ tls, credentials }: SmtpSinkOptions): SMTPServerOptions {
  const disabledCommands = [
    ...(tls?.mode === 'starttls' ? [] : ['STARTTLS']),
    ...(credentials ? [] : ['AUTH']),
  ]
  return {
    disabledCommands,
    ...(tls ? { key: tls.certificate.key, cert: tls.certificate.cert, secure: tls.mode === 'implicit' } : {}),
    allowInsecureAuth: true,
    authOptional: !credentials,
    onAuth(auth, _session, done) {
      const isRight = auth.username === credentials?.user && auth.password === credentials?.password
      done(isRight ? null : new Error('Wrong credentials'), isRight ? { user: auth.username } : undefined)
    },
  }
}

function dropSession(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections) {
    if ((connection as { id: string }).id === session.id) dropConnection(connection)
  }
}

function dropConnection(connection: unknown): void {
  ;(connection as { _socket?: { destroy(): void } })._socket?.destroy()
}

async function readMail(
  raw: Buffer,
  session: SMTPServerSession,
  transcript: string[],
): Promise<ReceivedMail> {
  const parsed = await simpleParser(raw)
  const headers = [parsed.to ?? []].flat()
  return {
    recipients: session.envelope.rcptTo.map(({ address }) => address),
    to: headers.flatMap(({ value }) => value.map(({ address }) => address ?? '')),
    from: parsed.from?.text ?? '',
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html || '',
    raw: raw.toString(),
    transcript: [...transcript],
    secure: session.secure,
    receivedAtMs: Date.now(),
  }
}

function transcriptLogger(
  transcripts: Map<string, string[]>,
): Exclude<SMTPServerOptions['logger'], boolean | undefined> {
  const silent = () => {}
  const debug = (entry: { cid?: string }, ...line: unknown[]) => {
    if (entry.cid === undefined) return
    transcripts.set(entry.cid, [...(transcripts.get(entry.cid) ?? []), format(...line)])
  }
  return { level: silent, trace: silent, debug, info: silent, warn: silent, error: silent, fatal: silent }
}

function urlOf(port: number, { tls, credentials }: SmtpSinkOptions): string {
  const userinfo = credentials
    ? `${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@`
    : ''
  return `${tls?.mode === 'implicit' ? 'smtps' : 'smtp'}://${userinfo}127.0.0.1:${port}`
}

function listen(server: SMTPServer, port: number): Promise<void> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
    server.server.unref()
  })
}
