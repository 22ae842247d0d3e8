import { isIPv4 } from 'node:net'
import { canonicalEmail } from '../utils/email.ts'
import { isLoopbackHost } from './origins.ts'
import { accepted, type Parse, quote, refused } from './parsers.ts'

/** One sender. What mail parsers would read as a second address or header (commas, line breaks) is refused (ASVS 1.3.11). */
export const mailFrom: Parse<string> = (text) => {
  const [, name = '', address = ''] = /^(?:(.*?)\s*<([^<>]+)>)$/.exec(text) ?? ['', '', text]
  if (text.length <= 250 && isDisplayName(name) && isSenderAddress(address)) return accepted(text)
  return refused(
    `${quote(text)} is not one mail address`,
    'Write an address, or a name and an address: Example <no-reply@example.org>; a name with a comma in "quotes".',
  )
}

export function defaultMailFrom(publicUrl: string): string {
  return `Sallyport <no-reply@${mailDomain(new URL(publicUrl).hostname)}>`
}

function isDisplayName(name: string): boolean {
  return /^("[^"\\\p{C}]*"|[^"\\,;:<>@()[\]\p{C}]*)$/u.test(name)
}

function isSenderAddress(address: string): boolean {
  // Accounts need a domain with a dot; the sender of a development server lives at localhost.
  return canonicalEmail(address.replace(/@localhost$/i, '@localhost.example')) !== undefined
}

function mailDomain(hostname: string): string {
  if (isLoopbackHost(hostname)) return 'localhost'
  if (isIPv4(hostname)) return `[${hostname}]`
  return hostname.startsWith('[') ? `[IPv6:${hostname.slice(1, -1)}]` : hostname
}
