import { createHash } from 'node:crypto'
import { constantTimeEqual } from '../utils/secret.ts'
import { hashFaults, type ReadHash } from './foreign-parts.ts'

const form = /^\$(?:django-bcrypt-sha256\$)?2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/

/** Cost 14 is 0.8 s. The frameworks' own are 10 to 13. */
const costs = { min: 4, max: 14 }

/**
 * bcrypt sees 72 bytes, a NUL like any other: at its first login an imported account opens to whatever agrees with its password
 * in those, and the rehash then fixes the exact password that was given (D12). `$2a$` and `$2y$` are read as `$2b$`, since they
 * name mended bugs of other programs.
 */
export function readBcrypt(stored: string): ReadHash {
  return read(stored, (password) => password)
}

/** Django's `bcrypt_sha256`: bcrypt of the SHA-256 in hex, so that all of a long password counts. */
export function readDjangoBcrypt(stored: string): ReadHash {
  return read(stored, (password) => createHash('sha256').update(password).digest('hex'))
}

export const missingBcrypt =
  'bcrypt hashes are verified by the package bcrypt, which is not installed here. ' +
  'Install it beside sallyport, then try again: npm install bcrypt'

export async function hasBcrypt(): Promise<boolean> {
  return (await loadBcrypt()) !== undefined
}

function read(stored: string, prepare: (password: string) => string): ReadHash {
  const [, cost, salt, digest] = form.exec(stored) ?? []
  if (salt === undefined || digest === undefined) return { fault: hashFaults.unknown }
  if (Number(cost) < costs.min || Number(cost) > costs.max) return { fault: hashFaults.cost }
  return {
    async matches(password) {
      const bcrypt = await loadBcrypt()
      // Not a wrong password: the operator has to hear of it.
      if (!bcrypt) throw new Error(missingBcrypt)
      const computed = await bcrypt.hash(prepare(password), `$2b$${cost}$${salt}`)
      // The salt's last letter has bits without a meaning, which some programs set: only the digests are compared.
      return constantTimeEqual(computed.slice(-digest.length), digest)
    },
  }
}

/** Loaded when the first bcrypt hash is met: it is an optional peer. */
async function loadBcrypt(): Promise<typeof import('bcrypt') | undefined> {
  try {
    return (await import('bcrypt')).default
  } catch (reason) {
    if ((reason as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw reason
  }
}
