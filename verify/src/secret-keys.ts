import { createHmac, createSecretKey, KeyObject } from 'node:crypto'
import type { VerifyingKey } from './jws.ts'
import type { KeySource } from './published-keys.ts'

/** Text of at least 32 bytes, as in JWT_SECRET, or a secret `KeyObject` of that size. */
export type Secret = string | KeyObject

export const minSecretBytes = 32

/**
 * The keys of an issuer that signs with JWT_SECRET: HS256 and nothing else, and no key is ever fetched, so that a public key can't
 * be taken for a secret (A-JWT-02).
 */
export function createSecretKeys(secrets: readonly KeyObject[]): KeySource {
  const keys = new Map<string, VerifyingKey>(
    secrets.map((key) => [kidOfSecret(key), { algorithm: 'HS256', key }] as const),
  )
  return { find: (kid) => keys.get(kid), expect: () => {} }
}

/** The name that Sallyport gives the key of a JWT_SECRET. It tells two secrets apart and helps nobody to guess one. */
export function kidOfSecret(key: KeyObject): string {
  return createHmac('sha256', key).update('sallyport kid').digest('base64url').slice(0, 11)
}

/** `undefined` when it is no secret, or one that is too short. */
export function readSecret(secret: unknown): KeyObject | undefined {
  if (typeof secret === 'string') {
    return Buffer.byteLength(secret) >= minSecretBytes ? createSecretKey(secret, 'utf8') : undefined
  }
  const isGood =
    secret instanceof KeyObject &&
    secret.type === 'secret' &&
    (secret.symmetricKeySize ?? 0) >= minSecretBytes
  return isGood ? secret : undefined
}
