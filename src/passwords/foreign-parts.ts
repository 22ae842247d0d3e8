import { timingSafeEqual } from 'node:crypto'

/** A hash of another system, as it stands in the store. Its cost was checked: `matches` takes a bounded time and memory. */
export type ReadHash = { matches(password: string): Promise<boolean> } | { fault: string }

/** Why a hash is not accepted, in the words of an import report. */
export const hashFaults = {
  unknown: 'the password hash is of no known kind, or damaged',
  cost: 'the password hash has a cost out of bounds, so that checking it could take all time or memory',
} as const

/** Standard base64 without padding, as PHC strings have it. */
export function writeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

/** Salts of up to 1 kB. Digests of 16 bytes at least: one that was cut short would match passwords that nobody chose. */
export function readBytes(salt: string, digest: string): { salt: Buffer; digest: Buffer } | undefined {
  const bytes = { salt: Buffer.from(salt, 'base64'), digest: Buffer.from(digest, 'base64') }
  if (writeBase64(bytes.salt) !== salt || writeBase64(bytes.digest) !== digest) return undefined
  const {
    salt: { length: saltLength },
    digest: { length },
  } = bytes
  return saltLength >= 1 && saltLength <= 1_024 && length >= 16 && length <= 1_024 ? bytes : undefined
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
