import type { ChallengeRecord } from '../stores/challenges.ts'
import { constantTimeEqual } from '../utils/secret.ts'
import type { Gate } from './gate.ts'

/**
 * A challenge has a code of OTP_LENGTH digits, or a long one of 125 bits, which needs no budget because nobody guesses it. Which
 * of them is decided when it is opened, and says nothing about an account.
 */
export const longCode = { code: 'long' }

export function isLongCode(details: Record<string, unknown>): boolean {
  return details.code === longCode.code
}

export const longCodeLength = 25

export function isRightCode(gate: Gate, { id, details }: ChallengeRecord, code: string): boolean {
  if (!isLongCode(details)) return gate.emailOtp.matches(id, code)
  const [sent, right] = [code, gate.mailedCodes.codeOf(id)].map((each) => gate.mailedCodes.hashOf(each) ?? '')
  return constantTimeEqual(sent ?? '', right ?? '')
}
