import { hmac } from './secret.ts'

/**
 * The one-time code of a challenge: RFC 4226 with HMAC-SHA256 and the challenge id in the place of the counter.
 * Nothing of the code has to be stored, a resend sends the same code, and a store dump without the key reveals none.
 *
 * @param length digits, 4 to 9; leading zeros are kept
 */
export function generateOTP(key: Buffer, challengeId: string, length: number): string {
  const mac = hmac(key, challengeId)
  // Eight bytes instead of RFC 4226's four: the remainder by 10^length then has a bias below 2^-33.
  const offset = (mac[mac.length - 1] as number) & 0x0f
  const number = mac.readBigUInt64BE(offset) & 0x7fff_ffff_ffff_ffffn
  return (number % 10n ** BigInt(length)).toString().padStart(length, '0')
}
