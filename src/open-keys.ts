import type { Settings } from './config/settings.ts'
import type { GateEvent } from './flow/events.ts'
import type { Stores } from './stores/stores.ts'
import { createKeyReaders, type KeyReaders, noteEveryMs } from './tokens/key-readers.ts'
import { openManagedKeys } from './tokens/managed-keys.ts'
import { createSharedSecretKeys, type KeyRing, type SigningKeyStore } from './tokens/signing-keys.ts'
import type { Clock } from './utils/clock.ts'

/** Verifiers may keep our public keys this long. */
export const jwksMaxAgeSeconds = 300

/** A cache may go on with them for this long afterwards, while it asks for newer ones (RFC 5861). */
export const jwksStaleSeconds = 600

/** Signing keys live for a quarter of a year. */
const rotateEveryMs = 90 * 86_400_000

export async function openKeys(
  settings: Settings,
  stores: Stores,
  clock: Clock,
  sealingKeys: [Buffer, ...Buffer[]],
): Promise<KeyRing> {
  if (settings.jwtSecret !== undefined) return createSharedSecretKeys(settings.jwtSecret)
  return openManagedKeys({
    store: keyStoreOver(stores, clock),
    sealingKeys,
    algorithm: settings.jwtAlgorithm,
    clock,
    accessTokenTtlMs: settings.accessTokenTtlMs,
    jwksLifetimeMs: (jwksMaxAgeSeconds + jwksStaleSeconds) * 1_000,
    rotateEveryMs,
  })
}

/** For a server, which gives the keys out: notes who reads them. */
export async function openKeyReaders(
  settings: Settings,
  stores: Stores,
  keys: KeyRing,
  clock: Clock,
): Promise<KeyReaders> {
  const readers = createKeyReaders({
    store: {
      find: stores.read.keyReaders.find,
      note: (reader) => stores.atomically(({ keyReaders }) => keyReaders.note(reader)),
    },
    keys,
    clock,
  })
  const now = clock.now()
  if (settings.jwtSecret === undefined)
    await stores.atomically(({ keyReaders }) => keyReaders.assumeRead(now, now - freshStartMs))
  return readers
}

/** ms; a key that is younger was made by this start, or by one beside it. */
const freshStartMs = 60_000

function keyStoreOver(stores: Stores, clock: Clock): SigningKeyStore {
  return {
    list: stores.read.signingKeys.list,
    add: (key) =>
      stores.atomically(async ({ signingKeys, audit }) => {
        const added = await signingKeys.add(key)
        if (added) await audit.append(keyRotated(key.kid, clock.now()))
        return added
      }),
    activate: (kid, now) =>
      stores.atomically(({ signingKeys }) => signingKeys.activate(kid, now, noteEveryMs)),
    revoke: (kid, at, spare) =>
      stores.atomically(async ({ signingKeys, audit }) => {
        const revocation = await signingKeys.revoke(kid, at, spare)
        if (revocation.found === 'live') await audit.append({ type: 'key.revoked', at, detail: { kid } })
        if (revocation.added) await audit.append(keyRotated(spare.kid, at))
        return revocation
      }),
    remove: (kids) => stores.atomically(({ signingKeys }) => signingKeys.remove(kids)),
  }
}

function keyRotated(kid: string, at: number): GateEvent {
  return { type: 'key.rotated', at, detail: { kid } }
}
