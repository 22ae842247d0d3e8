/** What the preparation and the servers under test share, so that one can make what the others accept. */
import { sign } from 'cookie-signature'
import { createEmailOtp } from '../../src/factors/email-otp.ts'
import { createSecret, deriveKey, hmac } from '../../src/utils/secret.ts'

export const sessionSecret = 'the root secret of the benchmarks: nine herons'
export const jwtSecret = 'the token secret of the benchmarks: seven otters'
export const password = 'the password of every account here'

export function keysFor(label: string): [Buffer] {
  return [deriveKey(sessionSecret, label)]
}

const cookieKey = keysFor('session cookie')[0].toString('base64url')

/** The Cookie header of a session, as express-session writes it. */
export function cookieOf(secret: string): string {
  return `sallyport.sid=${encodeURIComponent(`s:${sign(secret, cookieKey)}`)}`
}

const knownKey = keysFor('known browsers')[0]

/** The Cookie header of a browser that has logged in to the address before: one that has not is a mail to its owner. */
export function knownBrowserOf(email: string): string {
  const name = `${Date.now().toString(36)}-${createSecret().slice(0, 16)}`
  return `sallyport.known=${name}.${hmac(knownKey, `${name}|${email}`).toString('base64url')}`
}

export const { codeOf } = createEmailOtp({ keys: keysFor('one-time codes'), length: 6 })
