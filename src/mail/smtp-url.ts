import { isIPv4 } from 'node:net'

/** What an `SMTP_URL` asks for. Nothing else of the URL reaches the mailer, so no parameter can weaken TLS or turn logging on. */
export type SmtpTarget = {
  host: string
  port: number
  /** TLS from the first byte (`smtps://`). */
  secure: boolean
  /** STARTTLS or no mail: a stripped offer must not end in plain text (ASVS 12.3.1). */
  requireTls: boolean
  verifyCertificate: boolean
  auth?: { user: string; pass: string }
}

/** Reads an `SMTP_URL`; throws an Error with the fix, which never repeats the URL because a password is in it. */
export function parseSmtpUrl(text: string): SmtpTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') throw new Error(notAUrl)
  // What follows the host is nearly always the rest of a password that holds an unencoded # or /.
  if (url.hash !== '' || !['', '/'].includes(url.pathname)) throw new Error(notAUrl)
  const host = url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  const secure = url.protocol === 'smtps:'
  // Nobody sits between on loopback, and mail sinks bring self-signed certificates.
  const mustVerify = secure || !isLoopback(host) || requiresTls(url.searchParams)
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: !secure && mustVerify,
    verifyCertificate: mustVerify,
    ...credentials(url),
  }
}

const notAUrl =
  'SMTP_URL is not a URL that mail can be sent to. Write smtps://user:password@smtp.example.com or ' +
  'smtp://user:password@smtp.example.com:587, with special characters of user and password percent-encoded.'

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

function requiresTls(parameters: URLSearchParams): boolean {
  for (const [name, value] of parameters) {
    if (name !== 'requireTLS' || value !== 'true') {
      throw new Error(
        'SMTP_URL has a parameter that is not known. Only ?requireTLS=true is; remove the others.',
      )
    }
  }
  return parameters.has('requireTLS')
}

function credentials(url: URL): { auth?: { user: string; pass: string } } {
  if (url.username === '' && url.password === '') return {}
  try {
    return { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
  } catch {
    throw new Error(notAUrl)
  }
}
