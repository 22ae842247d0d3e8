import { isNames, readJws } from './jws.ts'
import type { KeySource } from './published-keys.ts'

/** One page of the revocation feed, checked: signed by a key of the issuer, for this issuer, whole. */
export type RevocationStatement = {
  /** Which server says it, random for each: only what one server says is in the order of its clock. */
  source: string
  /** Milliseconds since the epoch, by the issuer's clock: the state is known as of then. */
  now: number
  /** Seconds; after that it is of no use to anybody. */
  exp: number
  /** Where the page begins, and the cursor to ask with next. */
  since: number
  next: number
  more: boolean
  /** Marks of sessions that ended. */
  ended: string[]
  /** Kids that were revoked. */
  revokedKids: string[]
  publishedKids: string[]
}

/**
 * @param revokedKids kids that are known to be revoked already: whoever stole such a key may say nothing more
 * @throws Refused, or Error with what is wrong
 */
export async function readStatement(
  text: string,
  issuer: string,
  keys: KeySource,
  revokedKids: ReadonlySet<string>,
): Promise<RevocationStatement> {
  const findKey = (kid: string) => {
    keys.expect([kid])
    return keys.find(kid)
  }
  const { kid, payload } = await readJws(text.trim(), ['revocations+jwt'], findKey)
  const { iss, aud, source, now, exp, since, next, more, ended, keys: revoked, jwks } = payload
  if (iss !== issuer) throw new Error('the statement is of another issuer')
  if (aud !== `${issuer}/auth/revocations`) throw new Error('the statement is for another audience')
  if (typeof source !== 'string' || !/^[\w-]{11}$/.test(source)) {
    throw new Error('source is not the name of a server')
  }
  if (!isTime(now) || !isTime(exp) || !isTime(since) || !isTime(next) || typeof more !== 'boolean') {
    throw new Error('now, exp, since, next or more is not what it should be')
  }
  if (!isNames(ended) || !isNames(revoked) || !isNames(jwks))
    throw new Error('ended, keys or jwks is not a list of names')
  if (revokedKids.has(kid) || revoked.includes(kid))
    throw new Error('the statement is signed by a revoked key')
  return { source, now, exp, since, next, more, ended, revokedKids: revoked, publishedKids: jwks }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
