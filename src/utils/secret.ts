import {
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

declare const brand: unique symbol
/** The SHA-256 of a secret of at least 128 random bits, base64url. Safe to store (ASVS 11.4.2: no slow hash is needed for such secrets). */
export type SecretHash = string & { [brand]: 'SecretHash' }

/** A fresh secret of 256 random bits, base64url (ASVS 7.2.3 asks for 128). */
export function createSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * A fresh public identifier such as `acc_3q2-7w...`: the time in ms, then 80 random bits. It names a thing and opens nothing. Ids of
 * one time lie side by side in an index, so that one commit writes few pages of it.
 */
export function createId(prefix: string): string {
  // Drawn for many ids at once: a call for each costs more than all else here.
  if (drawn + 10 > pool.length) {
    pool = randomBytes(4_096)
    drawn = 0
  }
  made.writeUIntBE(Date.now(), 0, 6)
  pool.copy(made, 6, drawn, drawn + 10)
  drawn += 10
  return `${prefix}_${made.toString('base64url')}`
}

const made = Buffer.alloc(16)
let pool = Buffer.alloc(0)
let drawn = 0

export function hashSecret(secret: string): SecretHash {
  return hash('sha256', secret, 'base64url') as SecretHash
}

/**
 * Derives one key per use from a root secret (HKDF-SHA256, RFC 5869), so that a leak of one key opens nothing else
 * and a new use never needs a new setting.
 */
export function deriveKey(rootSecret: string, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', rootSecret, 'sallyport', label, 32))
}

/** Compares without telling by its time where the two differ (ASVS 11.2.4). */
export function constantTimeEqual(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest()
  const right = createHash('sha256').update(b).digest()
  return timingSafeEqual(left, right)
}

const keyObjects = new WeakMap<Buffer, KeyObject>()

/** HMAC-SHA256. Handing Node a Buffer costs it a new key object each time, five times the HMAC itself; here it is made once. */
export function hmac(key: Buffer, data: string | Buffer): Buffer {
  const object = keyObjects.get(key) ?? createSecretKey(key)
  keyObjects.set(key, object)
  return createHmac('sha256', object).update(data).digest()
}
