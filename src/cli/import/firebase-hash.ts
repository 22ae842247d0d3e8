import { type ScryptCost, writeFirebaseScrypt } from '../../passwords/foreign-scrypt.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { RefusedRow } from './source-account.ts'

export type FirebaseParameters = { cost: ScryptCost; separator: Buffer; signerKey: Buffer }

/** What the console shows under "Password hash parameters", pasted into a file, or the same names as JSON. */
export function parseFirebaseParameters(text: string): FirebaseParameters {
  const value = (name: string) => new RegExp(`\\b${name}"?\\s*[:=]\\s*"?([A-Za-z0-9+/=_-]+)`).exec(text)?.[1]
  const [signerKey, separator] = [value('base64_signer_key'), value('base64_salt_separator')]
  const [r, ln] = [Number(value('rounds')), Number(value('mem_cost'))]
  if (signerKey === undefined || separator === undefined || !(r > 0) || !(ln > 0)) {
    throw new CommandFailure(incomplete, exitCodes.usage)
  }
  return {
    cost: { ln, r, p: 1 },
    separator: Buffer.from(separator, 'base64'),
    signerKey: Buffer.from(signerKey, 'base64'),
  }
}

export function firebaseHash(
  hash: string | undefined,
  salt: string | undefined,
  parameters: FirebaseParameters | undefined,
): string | undefined {
  if (hash === undefined) return undefined
  if (!parameters) throw new CommandFailure(missing, exitCodes.usage)
  const stored = writeFirebaseScrypt({
    ...parameters,
    salt: Buffer.from(salt ?? '', 'base64'),
    bytes: Buffer.from(hash, 'base64'),
  })
  if (stored === undefined) throw new RefusedRow('its hash was not made with the signer key of --hash-config')
  return stored
}

const incomplete =
  '--hash-config names a file with base64_signer_key, base64_salt_separator, rounds and mem_cost, as the Firebase console ' +
  'shows them: Authentication, Users, the menu of three dots, Password hash parameters.'
const missing = `Firebase's hashes can't be verified without its parameters. ${incomplete}`
