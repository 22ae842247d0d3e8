import { isPbkdf2Digest, type Pbkdf2Digest, writePbkdf2 } from '../../passwords/foreign-pbkdf2.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { RefusedRow } from './source-account.ts'

export type PassportParameters = {
  digest: Pbkdf2Digest
  iterations: number
  /** passport-local-mongoose takes the letters of the salt, and not the bytes that they spell. */
  saltEncoding: 'utf8' | 'hex' | 'base64'
  hashEncoding: 'hex' | 'base64'
}

export const passportDefaults = {
  digest: 'sha256',
  iterations: '25000',
  saltEncoding: 'text',
  hashEncoding: 'hex',
}

export function parsePassportParameters(given: typeof passportDefaults): PassportParameters {
  const { digest, saltEncoding, hashEncoding } = given
  const iterations = Number(given.iterations)
  if (!isPbkdf2Digest(digest)) throw wrong('--digest is one of sha1, sha256, sha384, sha512.')
  if (!Number.isSafeInteger(iterations) || iterations < 1) throw wrong('--iterations is a whole number.')
  if (hashEncoding !== 'hex' && hashEncoding !== 'base64') throw wrong('--hash-encoding is hex or base64.')
  if (saltEncoding === 'text') return { digest, iterations, hashEncoding, saltEncoding: 'utf8' }
  if (saltEncoding === 'hex' || saltEncoding === 'base64')
    return { digest, iterations, hashEncoding, saltEncoding }
  throw wrong('--salt-encoding is one of text, hex, base64.')
}

export function passportHash(
  hash: string | undefined,
  salt: string | undefined,
  { digest, iterations, saltEncoding, hashEncoding }: PassportParameters,
): string | undefined {
  if (hash === undefined) return undefined
  if (salt === undefined) throw new RefusedRow('it has a hash and no salt')
  const bytes = Buffer.from(hash, hashEncoding)
  if (bytes.length === 0) throw new RefusedRow(`its hash is not ${hashEncoding}: see --hash-encoding`)
  return writePbkdf2({ digest, iterations, salt: Buffer.from(salt, saltEncoding), bytes })
}

function wrong(text: string): CommandFailure {
  return new CommandFailure(text, exitCodes.usage)
}
