import { randomBytes, timingSafeEqual } from 'node:crypto'
import { hmac } from '../utils/secret.ts'

export interface RefreshTokens {
  /** @param generation how often the family was rotated, 0 to 2^32 - 1 */
  write(family: string, generation: number): string
  /** `undefined` for anything that `write` did not make with one of the keys. Whether it is still good is for the session row to say. */
  read(token: string): { family: string; generation: number } | undefined
}

/**
 * The spelling of refresh tokens: `srt_` and the base64url of family, generation and their HMAC-SHA256.
 *
 * Nothing of a token has to be stored, not even a hash (A-REF-08): the session row keeps its family id and the generation that is
 * good, and this says which of both a token names. For the same reason the same successor can be given again, after a lost
 * reply or a restart, on every server (A-REF-02, D7). To forge one takes the key and a family id of 128 random bits: neither
 * a stolen store nor a stolen key alone is enough.
 *
 * @param keys the first writes, any reads
 */
export function createRefreshTokens(keys: [Buffer, ...Buffer[]]): RefreshTokens {
  return {
    write(family, generation) {
      const body = Buffer.alloc(bodyBytes)
      if (body.write(family, 'base64url') !== familyBytes || familyOf(body) !== family) {
        throw new TypeError('a refresh family is 16 bytes in base64url: make it with createRefreshFamily()')
      }
      // Node would cut 1.5 and NaN down to a whole number: two generations would have one token.
      if (!Number.isInteger(generation)) throw new TypeError('a refresh generation is a whole number')
      body.writeUInt32BE(generation, familyBytes)
      return spell(Buffer.concat([body, mac(keys[0], body)]))
    },
    read(token) {
      if (token.length !== tokenLength) return undefined
      const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
      // One token, one spelling: no spare bits, no other alphabet, no other prefix.
      if (bytes.length !== bodyBytes + macBytes || spell(bytes) !== token) return undefined
      const body = bytes.subarray(0, bodyBytes)
      const genuine = keys.filter((key) => timingSafeEqual(mac(key, body), bytes.subarray(bodyBytes)))
      if (genuine.length === 0) return undefined
      return { family: familyOf(body), generation: body.readUInt32BE(familyBytes) }
    },
  }
}

/** The id of a fresh family. It is half of what a forger needs: it stays in the session row and out of logs. */
export function createRefreshFamily(): string {
  return randomBytes(familyBytes).toString('base64url')
}

const prefix = 'srt_'
const familyBytes = 16
const bodyBytes = familyBytes + 4
const macBytes = 32
const tokenLength = prefix.length + Math.ceil(((bodyBytes + macBytes) * 4) / 3)

function spell(bytes: Buffer): string {
  return prefix + bytes.toString('base64url')
}

function familyOf(body: Buffer): string {
  return body.toString('base64url', 0, familyBytes)
}

function mac(key: Buffer, body: Buffer): Buffer {
  return hmac(key, body)
}
