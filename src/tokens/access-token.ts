import { hash, type KeyObject, randomUUID } from 'node:crypto'
import { compactVerify } from 'jose'
import type { Problem } from '../problems/problem.ts'
import { BoundedMap } from '../utils/bounded-map.ts'
import type { Clock } from '../utils/clock.ts'
import { signCompact } from './compact-jws.ts'
import { verifyEs256 } from './ecdsa-signature.ts'
import { invalidToken, revokedKey } from './refused-token.ts'
import type { KeyRing } from './signing-keys.ts'
import { checkTimes, readClaims, tokenClientId, type VerifiedToken } from './token-claims.ts'
import { maxTokenLength, readHeader } from './token-header.ts'

export type { VerifiedToken }

export type TokenSubject = {
  accountId: string
  sessionId: string
  amr: string[]
  authTimeMs: number
  /** The account's own claims. They can't take the place of the registered ones. */
  claims?: Record<string, unknown>
}

export interface AccessTokens {
  issue(subject: TokenSubject): Promise<{ accessToken: string; expiresInSeconds: number; jti: string }>
  /**
   * Throws or rejects with the Problems `token_invalid` and `token_expired`. A token seen before is answered without a promise.
   * Whether its session still lives is not for the token to say: ask the sessions.
   */
  verify(token: string): VerifiedToken | Promise<VerifiedToken>
}

type VerifyingKeys = Pick<KeyRing, 'verifier' | 'revokedKids' | 'freshen' | 'reload'>

export type AccessTokenOptions = {
  keys: VerifyingKeys & Pick<KeyRing, 'signer'>
  issuer: string
  audience: string
  ttlMs: number
  clock: Clock
  /** How many verified tokens are remembered. */
  cacheSize?: number
}

/** Access tokens in the shape of RFC 9068, signed by the key ring. */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { keys, clock } = options
  const findKey = createKeyFinder(keys, clock)
  // By digest, so that a heap dump holds no tokens. It remembers only what a good signature stands behind; whoever finds a
  // second spelling of a signature gets a second entry, no second life.
  const cacheSize = options.cacheSize ?? 10_000
  const seen = new BoundedMap<string, { kid: string; token: VerifiedToken }>(cacheSize)
  // What this process signed itself: to check that signature would cost twice what all else does.
  const signedHere = new BoundedMap<string, string>(cacheSize)

  async function verifyUnseen(token: string, digest: string): Promise<VerifiedToken> {
    const { alg, kid } = readHeader(token)
    const key = await findKey(kid)
    // The key decides the algorithm, the header only has to agree (RFC 8725 3.1).
    if (alg !== key.algorithm) throw invalidToken('alg is not that of the key')
    const payload = signedHere.get(digest) === kid ? payloadOf(token) : await readSigned(token, key)
    const verified = readClaims(payload, options, clock.now())
    await keys.freshen()
    if (!keys.verifier(kid)) throw goneKey(keys, kid)
    seen.set(digest, { kid, token: verified })
    return verified
  }

  return {
    async issue(subject) {
      // Nothing is signed by a key that was revoked a second ago.
      await keys.freshen()
      const issued = issueToken(options, subject)
      signedHere.set(hash('sha256', issued.accessToken, 'base64url'), issued.kid)
      return issued
    },
    verify(token) {
      if (token.length > maxTokenLength) throw invalidToken('too long')
      const digest = hash('sha256', token, 'base64url')
      const known = seen.get(digest)
      // A key that left the ring takes its tokens with it, and a ring that may be old is read first.
      if (!known || !keys.verifier(known.kid) || keys.freshen()) return verifyUnseen(token, digest)
      checkTimes(known.token, clock.now())
      return known.token
    },
  }
}

function issueToken(options: AccessTokenOptions, subject: TokenSubject) {
  const issuedAt = Math.floor(options.clock.now() / 1_000)
  const expiresInSeconds = Math.floor(options.ttlMs / 1_000)
  const jti = randomUUID()
  const payload = {
    ...subject.claims,
    // Two names that we don't set and that would change what we do: `undefined` keeps them out of the JSON.
    nbf: undefined,
    toJSON: undefined,
    iss: options.issuer,
    aud: options.audience,
    sub: subject.accountId,
    sid: subject.sessionId,
    jti,
    iat: issuedAt,
    exp: issuedAt + expiresInSeconds,
    auth_time: Math.floor(subject.authTimeMs / 1_000),
    amr: subject.amr,
    client_id: tokenClientId,
  }
  const signer = options.keys.signer()
  const accessToken = signCompact(signer, 'at+jwt', payload)
  if (accessToken.length > maxTokenLength) {
    throw new Error(
      `the claims of ${subject.accountId} make a token over ${maxTokenLength} characters: keep fewer`,
    )
  }
  return { accessToken, expiresInSeconds, jti, kid: signer.kid }
}

type VerifyingKey = NonNullable<ReturnType<KeyRing['verifier']>>

async function readSigned(token: string, { key, algorithm }: VerifyingKey): Promise<Uint8Array> {
  if (algorithm === 'ES256') return readEs256(token, key)
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] })
    return payload
  } catch {
    throw invalidToken('the signature is not good')
  }
}

/** `readHeader` has checked the spelling and the header of the token, and the key is ours and a P-256 one. */
function readEs256(token: string, key: KeyObject): Uint8Array {
  const signed = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(signed + 1), 'base64url')
  if (!verifyEs256(key, token.slice(0, signed), signature)) throw invalidToken('the signature is not good')
  return payloadOf(token)
}

function payloadOf(token: string): Uint8Array {
  return Buffer.from(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.')), 'base64url')
}

/** Another server may have rotated: an unknown kid reads the keys again, but a flood of them only once a second (F-KEY-04). */
function createKeyFinder(keys: VerifyingKeys, clock: Clock): (kid: string) => Promise<VerifyingKey> {
  let reloading: Promise<void> | undefined
  let lastReload = Number.NEGATIVE_INFINITY

  function reload(): Promise<void> | undefined {
    const sinceLast = clock.now() - lastReload
    // A clock that went back must not hold reloads off for as long as it went.
    if (reloading || (sinceLast >= 0 && sinceLast < 1_000)) return reloading
    lastReload = clock.now()
    // A store that is down makes the kid no better known, and whoever reloads on schedule reports it.
    const settle = () => {
      reloading = undefined
    }
    reloading = keys.reload().then(settle, settle)
    return reloading
  }

  return async (kid) => {
    const known = keys.verifier(kid)
    if (known) return known
    if (keys.revokedKids().includes(kid)) throw revokedKey()
    await reload()
    const found = keys.verifier(kid)
    if (!found) throw goneKey(keys, kid)
    return found
  }
}

function goneKey(keys: VerifyingKeys, kid: string): Problem {
  return keys.revokedKids().includes(kid) ? revokedKey() : invalidToken('the kid is of no key of ours')
}
