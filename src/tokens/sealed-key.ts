import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/**
 * Private signing keys at rest: AES-256-GCM under a key derived from SESSION_SECRET (ASVS 11.3.3). The kid is the
 * associated data, so a sealed key moved to another row does not open, and a flipped byte is noticed.
 */
export function sealPrivateKey(privateKey: KeyObject, kid: string, sealingKey: Buffer): string {
  // 96 random bits are unique enough: one key is sealed per rotation, 2^32 of them would be safe (NIST SP 800-38D 8.3).
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(Buffer.from(kid))
  const text = JSON.stringify(privateKey.export({ format: 'jwk' }))
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

export type OpenedKey = {
  privateKey: KeyObject
  /** Opened by the first sealing key: the others are not needed for it. */
  sealedUnderFirst: boolean
}

/** Tries every sealing key in order; throws `SigningKeyLocked` when none opens it. */
export function openPrivateKey(sealed: string, kid: string, sealingKeys: readonly Buffer[]): OpenedKey {
  const bytes = Buffer.from(sealed, 'base64url')
  for (const [index, sealingKey] of sealingKeys.entries()) {
    const text = decrypt(bytes, kid, sealingKey)
    if (text === undefined) continue
    const key = JSON.parse(text) as JsonWebKey
    return { privateKey: createPrivateKey({ key, format: 'jwk' }), sealedUnderFirst: index === 0 }
  }
  throw new SigningKeyLocked(kid)
}

/** A stored signing key opens with none of the secrets at hand. The start ends here: a server must not replace keys in silence. */
export class SigningKeyLocked extends Error {
  readonly kid: string

  constructor(kid: string) {
    super(
      `Signing key ${kid} does not open: SESSION_SECRET changed since it was stored (or the stored key was altered). ` +
        'Put the old secret back as the second entry, SESSION_SECRET=NEW,OLD, and start again.',
    )
    this.name = 'SigningKeyLocked'
    this.kid = kid
  }
}

const nonceBytes = 12
const tagBytes = 16

function decrypt(bytes: Buffer, kid: string, sealingKey: Buffer): string | undefined {
  if (bytes.length <= nonceBytes + tagBytes) return undefined
  const nonce = bytes.subarray(0, nonceBytes)
  // The length of the tag is fixed here: Node would otherwise accept one cut to four bytes.
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(kid)).setAuthTag(bytes.subarray(-tagBytes))
  try {
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}
