import { hasBcrypt, missingBcrypt, readBcrypt, readDjangoBcrypt } from './foreign-bcrypt.ts'
import type { ReadHash } from './foreign-parts.ts'
import { readPbkdf2 } from './foreign-pbkdf2.ts'
import { readFirebaseScrypt, readScrypt } from './foreign-scrypt.ts'

/** Hashes of other systems, verified for imported accounts only until their first login (D12). */
const readers: [prefix: string, read: (stored: string) => ReadHash][] = [
  ['$2', readBcrypt],
  ['$django-bcrypt-sha256$', readDjangoBcrypt],
  ['$scrypt$', readScrypt],
  ['$firebase-scrypt$', readFirebaseScrypt],
  ['$pbkdf2-', readPbkdf2],
]

/** `undefined` for what is not of a foreign kind. */
export function readForeignHash(stored: string): ReadHash | undefined {
  return readers.find(([prefix]) => stored.startsWith(prefix))?.[1](stored)
}

/** Why a login with this foreign hash could not work on this machine. */
export async function findForeignFault(stored: string, hash: ReadHash): Promise<string | undefined> {
  if ('fault' in hash) return hash.fault
  const isBcrypt = stored.startsWith('$2') || stored.startsWith('$django-bcrypt-sha256$')
  return isBcrypt && !(await hasBcrypt()) ? missingBcrypt : undefined
}
