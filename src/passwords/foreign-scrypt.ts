import { createCipheriv, type ScryptOptions, scrypt } from 'node:crypto'
import { equalBytes, hashFaults, type ReadHash, readBytes, writeBase64 } from './foreign-parts.ts'

export type ScryptCost = { ln: number; r: number; p: number }

/** 128 MiB a hash, the strongest that OWASP lists; two passes over it take about a second. */
const maxBlocks = 2 ** 20
const maxBlockPasses = 2 ** 21

const form =
  /^\$(?:firebase-)?scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** `$scrypt$ln=14,r=8,p=1$<salt>$<digest>`, RFC 7914. */
export function readScrypt(stored: string): ReadHash {
  const parts = readParts(stored)
  if ('fault' in parts) return parts
  const { cost, salt, digest } = parts
  return {
    matches: async (password) => equalBytes(await derive(password, salt, digest.length, cost), digest),
  }
}

/**
 * `$firebase-scrypt$ln=14,r=8,p=1$<salt and separator>$<key stream>`. Firebase encrypts its project's signer key with the derived
 * key (AES-256-CTR) and calls that the hash. What is stored here is the hash XOR the signer key, the bare key stream: it tells
 * right from wrong just as well, and the signer key itself stays out of the store.
 */
export function readFirebaseScrypt(stored: string): ReadHash {
  const parts = readParts(stored)
  if ('fault' in parts) return parts
  const { cost, salt, digest } = parts
  return {
    async matches(password) {
      const key = await derive(password, salt, 32, cost)
      const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(digest.length))
      return equalBytes(stream, digest)
    },
  }
}

export function writeScrypt(hash: { cost: ScryptCost; salt: Uint8Array; bytes: Uint8Array }): string {
  return `$scrypt${writeParts(hash)}`
}

/** `undefined` when hash and signer key are of different lengths: one of them is not of this project. */
export function writeFirebaseScrypt(hash: {
  cost: ScryptCost
  salt: Uint8Array
  separator: Uint8Array
  signerKey: Uint8Array
  bytes: Uint8Array
}): string | undefined {
  const { cost, salt, separator, signerKey, bytes } = hash
  if (bytes.length !== signerKey.length) return undefined
  const stream = bytes.map((byte, index) => byte ^ (signerKey[index] as number))
  return `$firebase-scrypt${writeParts({ cost, salt: Buffer.concat([salt, separator]), bytes: stream })}`
}

type Parts = { cost: ScryptCost; salt: Buffer; digest: Buffer }

function writeParts({
  cost,
  salt,
  bytes,
}: {
  cost: ScryptCost
  salt: Uint8Array
  bytes: Uint8Array
}): string {
  const { ln, r, p } = cost
  return `$ln=${ln},r=${r},p=${p}$${writeBase64(salt)}$${writeBase64(bytes)}`
}

function readParts(stored: string): Parts | { fault: string } {
  const [, ...parts] = form.exec(stored) ?? []
  const [ln = 0, r = 0, p = 0] = parts.slice(0, 3).map(Number)
  const bytes = readBytes(parts[3] ?? '', parts[4] ?? '')
  if (!bytes) return { fault: hashFaults.unknown }
  const blocks = 2 ** ln * r
  if (ln < 1 || r < 1 || p < 1 || blocks > maxBlocks || blocks * p > maxBlockPasses) {
    return { fault: hashFaults.cost }
  }
  return { ...bytes, cost: { ln, r, p } }
}

function derive(password: string, salt: Buffer, length: number, { ln, r, p }: ScryptCost): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 128 * r * (2 ** ln + p + 2) + 65_536 }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (reason, key) => (reason ? reject(reason) : resolve(key)))
  })
}
