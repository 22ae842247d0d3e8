import type { NodemailerError } from 'nodemailer'
import { MailRefused } from './channel.ts'
import { oneLine } from './one-line.ts'
import type { SmtpTarget } from './smtp-url.ts'

type Words = [what: string, fix: string]

/**
 * Turns what the mailer threw into words for whoever runs the server. The original error is not kept as a cause: a
 * server may quote in its reply what it was sent, and logs print causes.
 */
export function explainSmtpError(error: unknown, target: SmtpTarget, code?: string): MailRefused {
  const failure = error as NodemailerError
  const [what, fix] = wordsFor(failure, `The mail server ${target.host}:${target.port}`)
  return new MailRefused(withoutSecrets(what, target, code), {
    permanent: isPermanent(failure),
    fix,
  })
}

/** A final no to this recipient or this text. A refused login or sender is a setting, which may be corrected before the mail expires. */
function isPermanent({ command, permanent, responseCode }: NodemailerError): boolean {
  return permanent === true && responseCode !== 530 && (command === 'RCPT TO' || command === 'DATA')
}

function wordsFor(failure: NodemailerError, server: string): Words {
  const reply = `(${oneLine(failure.response ?? failure.message)})`
  switch (failure.code) {
    case 'EAUTH':
      return [`${server} did not accept the login ${reply}.`, 'Check user name and password in SMTP_URL.']
    case 'EENVELOPE':
    case 'EMESSAGE':
      return refusedMail(failure, server, reply)
    case 'ETIMEDOUT':
    case 'EABORT':
    case 'ABORT_ERR':
      return timedOut(failure, server)
  }
  if (failure.command === 'STARTTLS' || failure.command === 'EHLO') {
    return [
      `${server} does not offer STARTTLS ${reply}.`,
      'Turn TLS on there, or use smtps:// (port 465): without it nothing is sent.',
    ]
  }
  return connectionFailed(failure, server, reply)
}

function refusedMail({ command }: NodemailerError, server: string, reply: string): Words {
  return command === 'MAIL FROM'
    ? [`${server} refused the sender ${reply}.`, 'Check MAIL_FROM, and whether SMTP_URL needs a user name.']
    : [`${server} refused the mail ${reply}.`, 'Check the address, and what the server demands of a sender.']
}

function timedOut({ timeoutType }: NodemailerError, server: string): Words {
  switch (timeoutType) {
    case 'GREETING_TIMEOUT':
      return [
        `${server} sent no greeting in time.`,
        'A port that starts with TLS (465) needs smtps://, others smtp://.',
      ]
    case 'CONNECT_TIMEOUT':
      return [
        `${server} could not be reached in time.`,
        'Check host and port of SMTP_URL, and the firewall between.',
      ]
    default:
      return [`${server} stopped answering and timed out.`, 'Look at its load and its log.']
  }
}

function connectionFailed(failure: NodemailerError, server: string, reply: string): Words {
  const cause = failure.originalCode ?? failure.code ?? ''
  if (certificateProblem.test(cause)) {
    return [
      `${server} showed a certificate that can't be verified (${cause}).`,
      'Use the host name of the certificate in SMTP_URL; trust a private authority by NODE_EXTRA_CA_CERTS.',
    ]
  }
  if (/^(EPROTO|ETLS|ERR_SSL_.*)$/.test(cause)) {
    return [
      `${server} failed to set up TLS (${cause}).`,
      'Use smtps:// for port 465, smtp:// for 587 and 25; TLS 1.2 is the least.',
    ]
  }
  if (cause === 'ECONNREFUSED') {
    return [`${server} refused the connection.`, 'Start it, or correct host and port of SMTP_URL.']
  }
  if (failure.code === 'EDNS' || cause === 'ENOTFOUND') {
    return [
      `${server} was not found by name (${cause}).`,
      'Correct the host of SMTP_URL, or the name server.',
    ]
  }
  return [`${server} could not be used ${reply}.`, 'Look at its log and at SMTP_URL.']
}

const certificateProblem =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA|UNTRUSTED|REVOKED/

/** A server may quote what it was sent: the password as it is, as AUTH LOGIN and as AUTH PLAIN put it, and the code. */
function withoutSecrets(text: string, { auth }: SmtpTarget, code = ''): string {
  const login = auth ? [auth.pass, base64(auth.pass), base64(`\0${auth.user}\0${auth.pass}`)] : []
  const secrets = [...login, code].filter((secret) => secret !== '')
  // The longest first: the PLAIN form may contain the LOGIN form.
  secrets.sort((a, b) => b.length - a.length)
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '•••'), text)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
