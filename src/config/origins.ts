import { isIPv4 } from 'node:net'
import { accepted, type Parse, quote, refused } from './parsers.ts'

/** The origin that every link, issuer and cookie decision is made from; never taken from a request (security.md D10). */
export const publicUrl: Parse<string> = (text) => {
  const origin = originOf(text.replace(/\/$/, ''))
  if (origin !== undefined) return accepted(origin)
  // Not quoted: somebody may have written a password into it.
  return refused(
    'it is not an origin: a path, a query, a password or a wildcard cannot be part of it',
    'Write scheme, host and port only: https://auth.example or http://localhost:5000.',
  )
}

/** Exact origins, because a pattern or `null` would let strangers call with the cookies of our users (ASVS 3.4.2). */
export const originList: Parse<string[]> = (text) => {
  const origins = new Set<string>()
  for (const entry of text.split(',').map((part) => part.trim())) {
    const origin = originOf(entry)
    if (origin === undefined) {
      return refused(
        entry.includes('@') ? 'an entry holds a name or password' : `${quote(entry)} is not an exact origin`,
        'List exact origins, without a path, "*" or "null": https://app.example,https://admin.example:8443.',
      )
    }
    origins.add(origin)
  }
  return accepted([...origins])
}

/** Whether a host, as `URL.hostname` spells it, can only be this machine. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

export function isLoopbackOrigin(origin: string): boolean {
  return isLoopbackHost(new URL(origin).hostname)
}

/** The spelling that browsers send in `Origin`: lower case, no default port. The shape is checked before URL mends it. */
function originOf(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/?#@\\*,]+$/i.test(text)) return undefined
  return URL.parse(text)?.origin
}
