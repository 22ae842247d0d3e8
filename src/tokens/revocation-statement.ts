import { hash, randomBytes } from 'node:crypto'
import { signCompact } from './compact-jws.ts'
import type { KeyRing } from './signing-keys.ts'

/** What a statement tells beside the keys; times in ms, as in the store. */
export type Revocations = {
  /** When the store was asked: it knew no more than this, and no less. */
  now: number
  /** Where the answer begins, and where the next one should. */
  since: number
  next: number
  /** There was more than one page holds: ask at once for the next one. */
  more: boolean
  /** Digests of the sessions that have ended, by `digestOfSession`. */
  ended: string[]
}

export interface RevocationStatements {
  /** A compact JWS of the type `revocations+jwt`. Rejects where the keys can't be told from those of the store. */
  sign(revocations: Revocations): Promise<string>
}

/**
 * Says to whoever verifies our tokens which of them are dead. It is signed with the key of the access tokens, so that a reader
 * needs no other, and it has a type of its own: neither can be taken for the other (RFC 8725 3.11).
 */
export function createRevocationStatements(options: {
  keys: Pick<KeyRing, 'signer' | 'jwks' | 'revokedKids' | 'freshen'>
  issuer: string
}): RevocationStatements {
  const { keys, issuer } = options
  const source = randomBytes(8).toString('base64url')
  return {
    async sign({ now, since, next, more, ended }) {
      await keys.freshen()
      const issuedAt = Math.floor(now / 1_000)
      const published = keys.jwks().keys.map(({ kid }) => kid)
      return signCompact(keys.signer(), 'revocations+jwt', {
        iss: issuer,
        // A verifier that checks no type, or skips what is missing, must not take this for a token of its API.
        aud: `${issuer}/auth/revocations`,
        iat: issuedAt,
        exp: issuedAt + goodForSeconds,
        // Only what one server says is in the order of its clock (F-CLOCK-02).
        source,
        now,
        since,
        next,
        more,
        ended,
        keys: keys.revokedKids(),
        jwks: published,
      })
    },
  }
}

/** Readers take none that is older than the clocks may be apart. */
const goodForSeconds = 60

/** Says nothing to those who don't hold a token of the session. 96 bits: no two of them meet by chance. */
export function digestOfSession(sessionId: string): string {
  return hash('sha256', sessionId, 'base64url').slice(0, 16)
}
