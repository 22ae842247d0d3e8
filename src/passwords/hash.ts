import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { hash, type ParsedHashOptions, parseOptions, verify } from '@node-rs/argon2'
import { findForeignFault, readForeignHash } from './foreign-hashes.ts'
import { hashFaults } from './foreign-parts.ts'
import { createWorkQueue } from './work-queue.ts'

export interface PasswordHasher {
  /** A PHC string with its parameters and its salt. */
  hash(password: string): Promise<string>
  /**
   * A hash that can't be read matches nothing, at the same cost. One that another system made asks to be replaced when it
   * matches. Throws where the program that such a hash needs is not installed.
   */
  verify(hash: string, password: string): Promise<{ matches: boolean; needsRehash: boolean }>
  /** The cost of a `verify` where there is no account: an unknown address must take as long (A-ENUM-01). */
  verifyNothing(password: string): Promise<void>
}

export type PasswordHasherOptions = {
  /** Hashes at work at once. libuv has four threads and files and DNS need one; the event loop needs a core. */
  parallel?: number
  /** Hashes in line. 200 at the 60 to 110 a second of a small machine is a wait of three seconds at most, within the five of a request (I5). */
  maxWaiting?: number
  memoryKiB?: number
  passes?: number
}

/**
 * argon2id over the exact bytes of the password, never normalised or cut (D12), in a bounded queue (D13): above it every method
 * throws the Problem `service_unavailable`.
 */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { memoryKiB = 19_456, passes = 2, maxWaiting = 200 } = options
  const { parallel = Math.min(3, Math.max(1, availableParallelism() - 1)) } = options
  const queue = createWorkQueue({ parallel, maxWaiting })
  const cost = { memoryCost: memoryKiB, timeCost: passes, parallelism: 1 }
  const nobodysHash = createNobodysHash(cost)

  async function verifyNothing(password: string): Promise<void> {
    await verify(nobodysHash, password)
  }

  async function verifyStored(stored: string, password: string) {
    // Half of a surrogate pair would be compared as U+FFFD, which is another password.
    const isText = password.isWellFormed()
    const foreign = isText ? readForeignHash(stored) : undefined
    if (foreign && 'matches' in foreign) {
      const matches = await foreign.matches(password)
      return { matches, needsRehash: matches }
    }
    const parameters = readParameters(stored)
    if (!parameters || !isText) {
      await verifyNothing(password)
      return { matches: false, needsRehash: false }
    }
    const matches = await verify(stored, password)
    return { matches, needsRehash: matches && isWeaker(parameters, cost) }
  }

  return {
    hash: (password) => queue.run(() => hash(password, cost)),
    verify: (stored, password) => queue.run(() => verifyStored(stored, password)),
    verifyNothing: (password) => queue.run(() => verifyNothing(password)),
  }
}

/** Why no password could ever match this hash here, in words for an import report. */
export async function findHashFault(stored: string): Promise<string | undefined> {
  const foreign = readForeignHash(stored)
  if (foreign) return findForeignFault(stored, foreign)
  try {
    return isBounded(parseOptions(stored)) ? undefined : hashFaults.cost
  } catch {
    return hashFaults.unknown
  }
}

type Cost = { memoryCost: number; timeCost: number; parallelism: number }

/** A well-formed hash whose digest is random: it costs what a real one costs, and nobody knows a password that fits. */
function createNobodysHash({ memoryCost, timeCost, parallelism }: Cost): string {
  const [salt, digest] = [randomBytes(16), randomBytes(32)].map((bytes) =>
    bytes.toString('base64').replaceAll('=', ''),
  )
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${digest}`
}

/** `undefined` for what is no argon2 hash, or one whose cost no server ever chose: a damaged digit must not take all memory or a day. */
function readParameters(stored: string): ParsedHashOptions | undefined {
  try {
    const parameters = parseOptions(stored)
    return isBounded(parameters) ? parameters : undefined
  } catch {
    return undefined
  }
}

function isBounded({ memoryCost, timeCost }: ParsedHashOptions): boolean {
  return memoryCost <= maxKiB && memoryCost * timeCost <= 4 * maxKiB
}

/** 1 GiB, four times: about a second, and above every recommendation that is met in practice. */
const maxKiB = 1_048_576
const argon2id = 2
const version19 = 1

function isWeaker(stored: ParsedHashOptions, ours: Cost): boolean {
  const { algorithm, version, memoryCost, timeCost, outputLen, saltLen } = stored
  if (algorithm !== argon2id || version !== version19 || outputLen < 32 || saltLen < 16) return true
  return memoryCost < ours.memoryCost || timeCost < ours.timeCost
}
