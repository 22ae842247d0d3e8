import { createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { Clock } from '../utils/clock.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'

export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA'

export type SigningKeyRecord = {
  /** The RFC 7638 thumbprint of the public key. */
  kid: string
  algorithm: SigningAlgorithm
  publicJwk: string
  sealedPrivateJwk: string
  createdAt: number
  /** From here on it signs. Rises along the chain of keys, so it orders them whatever the clocks of two processes say. */
  activeAt: number
  /** kid of the key before it, '' for the first; unique, so two processes can't both add a successor */
  follows: string
  /** ms; `null` while it is good. A revoked key neither signs nor verifies, and its row stays until its tokens have expired. */
  revokedAt: number | null
}

/** A stored key, opened. The KeyObjects are made once: parsing a key costs more than signing with it. */
export type LiveKey = {
  record: SigningKeyRecord
  signer: { kid: string; algorithm: string; key: KeyObject }
  verifier: { algorithm: string; key: KeyObject }
  jwk: JWK
  sealedUnderFirst: boolean
}

export type KeyRecordOptions = {
  algorithm: SigningAlgorithm
  sealingKeys: [Buffer, ...Buffer[]]
  clock: Clock
}

/** Where a key stands among the others; the first one has no place to wait for. */
export type KeyPlace = {
  /** kid of the end of the chain */
  follows: string
  /** ms; it signs after this key does. */
  after: number
  /** ms between being published and signing */
  leadMs: number
}

/** A fresh key, not stored yet. Without a place it signs at once: nobody can have cached a JWKS before the first key exists. */
export async function createKeyRecord(
  { algorithm, sealingKeys, clock }: KeyRecordOptions,
  place?: KeyPlace,
): Promise<SigningKeyRecord> {
  const { publicKey, privateKey, kid } = await generateNamedPair(algorithm)
  const createdAt = clock.now()
  return {
    kid,
    algorithm,
    publicJwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
    sealedPrivateJwk: sealPrivateKey(privateKey, kid, sealingKeys[0]),
    createdAt,
    activeAt: place ? Math.max(createdAt + place.leadMs, place.after + 1) : createdAt,
    follows: place?.follows ?? '',
    revokedAt: null,
  }
}

/** Throws `SigningKeyLocked` when no sealing key opens it. */
export function openKeyRecord(record: SigningKeyRecord, sealingKeys: readonly Buffer[]): LiveKey {
  const { kid, algorithm } = record
  const { privateKey, sealedUnderFirst } = openPrivateKey(record.sealedPrivateJwk, kid, sealingKeys)
  // From the sealed key, not from the stored public one: who can only write to the store can't plant a key that verifies.
  const publicKey = createPublicKey(privateKey)
  return {
    record,
    signer: { kid, algorithm, key: privateKey },
    verifier: { algorithm, key: publicKey },
    jwk: { ...publicMembers(publicKey.export({ format: 'jwk' })), kid, use: 'sig', alg: algorithm },
    sealedUnderFirst,
  }
}

type NamedPair = { publicKey: KeyObject; privateKey: KeyObject; kid: string }

/** A kid is an argument of commands, where one that begins with a dash would be taken for an option. */
async function generateNamedPair(algorithm: SigningAlgorithm): Promise<NamedPair> {
  const pair = await generateSigningPair(algorithm)
  const kid = await calculateJwkThumbprint(pair.publicKey.export({ format: 'jwk' }) as JWK)
  return kid.startsWith('-') ? generateNamedPair(algorithm) : { ...pair, kid }
}

/** Off the event loop: an RSA pair takes a tenth of a second. */
async function generateSigningPair(
  algorithm: SigningAlgorithm,
): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  const generate = promisify(generateKeyPair)
  switch (algorithm) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'RS256':
      return generate('rsa', { modulusLength: 2048 })
    case 'EdDSA':
      return generate('ed25519')
    default:
      return algorithm satisfies never
  }
}

function publicMembers({ kty, crv, x, y, n, e }: JsonWebKey): JWK {
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(members) as JWK
}
