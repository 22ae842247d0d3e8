import type { Settings } from '../../config/settings.ts'
import type { Stores } from '../../stores/stores.ts'
import { openPrivateKey, SigningKeyLocked } from '../../tokens/sealed-key.ts'
import type { Keys } from '../open-desk.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether the sealed signing keys open with the secret at hand: with another one the server would not start. */
export async function checkKeys(settings: Settings, stores: Stores, sealing: Keys): Promise<Finding[]> {
  if (settings.jwtSecret !== undefined)
    return [ok('keys', 'JWT_SECRET signs (HS256); there are none to open')]
  const keys = (await stores.read.signingKeys.list()).filter(({ revokedAt }) => revokedAt === null)
  if (keys.length === 0) return [ok('keys', 'none yet; the server makes the first one when it starts')]
  const locked: string[] = []
  let isUnderOld = false
  for (const { kid, sealedPrivateJwk } of keys) {
    try {
      isUnderOld ||= !openPrivateKey(sealedPrivateJwk, kid, sealing).sealedUnderFirst
    } catch (reason) {
      if (!(reason instanceof SigningKeyLocked)) throw reason
      locked.push(kid)
    }
  }
  if (locked.length > 0) {
    const says = `${locked.length} of ${keys.length} signing keys do not open with SESSION_SECRET: ${locked.join(', ')}`
    return [fail('keys', says, 'Put the secret of before back as the second entry: SESSION_SECRET=NEW,OLD.')]
  }
  if (isUnderOld) {
    const says = 'a signing key still needs the second SESSION_SECRET'
    return [warn('keys', says, 'Keep the old secret until `sallyport key list` shows only newer keys.')]
  }
  return [
    ok('keys', `${keys.length === 1 ? 'the signing key opens' : `all ${keys.length} signing keys open`}`),
  ]
}

/** Whether the audit trail was sealed with the secret at hand; with another one every entry of ours would look forged. */
export async function checkTrail(stores: Stores): Promise<Finding> {
  try {
    // Takes the head of the chain, whose MAC is checked, and seals nothing.
    await stores.atomically(({ audit }) => audit.seal(0))
    return ok('secret', 'the audit trail is sealed with the SESSION_SECRET here')
  } catch {
    const says = 'the audit trail is sealed with another SESSION_SECRET than the one here'
    return fail('secret', says, "Run this with the server's own SESSION_SECRET (.env, SESSION_SECRET_FILE).")
  }
}
