import { generateOTP } from '../utils/generate-otp.ts'
import { constantTimeEqual } from '../utils/secret.ts'

export type EmailOtp = {
  method: 'email'
  /** RFC 8176 */
  amr: 'otp'
  length: number
  codeOf(challengeId: string): string
  matches(challengeId: string, code: string): boolean
}

/**
 * The one-time code by mail.
 *
 * @param keys one a session secret: the first makes codes; codes under the others are accepted, so that a change of
 *   SESSION_SECRET interrupts nobody (the guess budget counts them)
 */
export function createEmailOtp(options: { keys: [Buffer, ...Buffer[]]; length: number }): EmailOtp {
  const { keys, length } = options
  return {
    method: 'email',
    amr: 'otp',
    length,
    codeOf: (challengeId) => generateOTP(keys[0], challengeId, length),
    matches(challengeId, code) {
      // Every key is tried, so that the time doesn't tell which one fits.
      const fits = keys.map((key) => constantTimeEqual(generateOTP(key, challengeId, length), code))
      return fits.includes(true)
    },
  }
}
