import { writeScrypt } from '../../passwords/foreign-scrypt.ts'
import { toStoredHash } from '../../passwords/foreign-spellings.ts'
import { RefusedRow } from './source-account.ts'

type Encoded = { value?: unknown; encoding?: unknown }
type CustomHash = {
  algorithm?: unknown
  hash?: Encoded
  salt?: Encoded
  cost?: unknown
  blockSize?: unknown
  parallelization?: unknown
}

/** `custom_password_hash` of Auth0's import schema: PHC strings as they are, scrypt from its parts. */
export function auth0Hash(custom: unknown): string | undefined {
  if (custom === undefined || custom === null) return undefined
  const { algorithm, hash, ...parts } = custom as CustomHash
  if (typeof hash?.value !== 'string') throw new RefusedRow('custom_password_hash has no hash.value')
  switch (algorithm) {
    case 'bcrypt':
    case 'argon2':
    case 'pbkdf2':
      return toStoredHash(hash.value)
    case 'scrypt':
      return scryptHash(hash, parts)
    default:
      throw new RefusedRow('the algorithm of custom_password_hash is not verified here')
  }
}

function scryptHash(hash: Encoded, { salt, cost = 16_384, blockSize = 8, parallelization = 1 }: CustomHash) {
  const scryptCost = { ln: Math.log2(Number(cost)), r: Number(blockSize), p: Number(parallelization) }
  return writeScrypt({ cost: scryptCost, salt: decode(salt ?? {}), bytes: decode(hash) })
}

function decode({ value, encoding = 'utf8' }: Encoded): Buffer {
  if (encoding !== 'utf8' && encoding !== 'hex' && encoding !== 'base64') {
    throw new RefusedRow('an encoding in custom_password_hash is none of utf8, hex and base64')
  }
  return Buffer.from(String(value ?? ''), encoding)
}
