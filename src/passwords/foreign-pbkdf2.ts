import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { equalBytes, hashFaults, type ReadHash, readBytes, writeBase64 } from './foreign-parts.ts'

const derive = promisify(pbkdf2)

const blockBytes = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const
export type Pbkdf2Digest = keyof typeof blockBytes

export function isPbkdf2Digest(name: string): name is Pbkdf2Digest {
  return Object.hasOwn(blockBytes, name)
}

/** Half a second with SHA-256, two with SHA-512. Django asks for 1.5 million, passport-local-mongoose for 400,000 in 16 blocks. */
const maxRounds = 5_000_000

const form = /^\$pbkdf2-(sha1|sha256|sha384|sha512)\$i=([1-9]\d{0,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** `$pbkdf2-sha256$i=600000$<salt>$<digest>`, RFC 8018. */
export function readPbkdf2(stored: string): ReadHash {
  const [, name, iterationsText, saltText = '', digestText = ''] = form.exec(stored) ?? []
  const bytes = readBytes(saltText, digestText)
  if (name === undefined || !isPbkdf2Digest(name) || !bytes) return { fault: hashFaults.unknown }
  const { salt, digest } = bytes
  const iterations = Number(iterationsText)
  if (iterations * Math.ceil(digest.length / blockBytes[name]) > maxRounds) return { fault: hashFaults.cost }
  return {
    matches: async (password) =>
      equalBytes(await derive(password, salt, iterations, digest.length, name), digest),
  }
}

export function writePbkdf2(hash: {
  digest: Pbkdf2Digest
  iterations: number
  salt: Uint8Array
  bytes: Uint8Array
}): string {
  const { digest, iterations, salt, bytes } = hash
  return `$pbkdf2-${digest}$i=${iterations}$${writeBase64(salt)}$${writeBase64(bytes)}`
}
