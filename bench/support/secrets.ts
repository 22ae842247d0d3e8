/** What the preparation and the servers under test share, so that one can make what the others accept. */
import { sign } from 'cookie-signature'
import { createEmailOtp } from '../../src/factors/email-otp.ts'
import { deriveKey } from '../../src/utils/secret.ts'

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

export const { codeOf } = createEmailOtp({ keys: keysFor('one-time codes'), length: 6 })
