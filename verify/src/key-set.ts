import { importJWK, type JWK } from 'jose'
import { isName, isRecord, type VerifyingKey } from './jws.ts'

export type KeySet = {
  keys: Map<string, VerifyingKey>
  /** Every kid in the document, also of keys that are of no use here. */
  kids: Set<string>
}

/**
 * The keys of a JWKS (RFC 7517) that may check a signature of ours: public ones, each for one of three algorithms. Others are left
 * out, as RFC 7517 5 asks for: `oct`, keys with private members, for encryption, of other curves, short RSA keys.
 *
 * @throws Error when the document is no JWKS
 */
export async function readKeySet(document: unknown): Promise<KeySet> {
  if (!isRecord(document) || !Array.isArray(document.keys)) throw new Error('the answer is not a JWKS')
  const members = document.keys.slice(0, maxKeys).filter(isRecord)
  const set: KeySet = { keys: new Map(), kids: new Set() }
  for (const member of members) {
    const { kid } = member
    // The first of two with one kid: a second one can't take its place.
    if (!isName(kid) || set.kids.has(kid)) continue
    set.kids.add(kid)
    const key = await importKey(member)
    if (key) set.keys.set(kid, key)
  }
  return set
}

const maxKeys = 100

/** `kty`, `crv` and `alg` of what Sallyport signs with, and the members that make up the public key. */
const kinds: { alg: string; kty: string; crv?: string; members: string[] }[] = [
  { alg: 'ES256', kty: 'EC', crv: 'P-256', members: ['x', 'y'] },
  { alg: 'EdDSA', kty: 'OKP', crv: 'Ed25519', members: ['x'] },
  { alg: 'RS256', kty: 'RSA', members: ['n', 'e'] },
]
const privateMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth']
const minRsaBytes = 256

async function importKey(jwk: Record<string, unknown>): Promise<VerifyingKey | undefined> {
  const kind = kinds.find(({ alg, kty, crv }) => jwk.alg === alg && jwk.kty === kty && jwk.crv === crv)
  if (!kind || !isForSignatures(jwk) || privateMembers.some((name) => name in jwk)) return undefined
  const members = kind.members.map((name) => [name, jwk[name]] as const)
  if (!members.every(([, value]) => isName(value))) return undefined
  if (kind.kty === 'RSA' && Buffer.from(jwk.n as string, 'base64url').length < minRsaBytes) return undefined
  const { kty, crv, alg } = kind
  try {
    const picked = { kty, ...(crv ? { crv } : {}), ...Object.fromEntries(members) } as JWK
    const key = await importJWK(picked, alg)
    return key instanceof Uint8Array ? undefined : { algorithm: alg, key }
  } catch {
    return undefined
  }
}

function isForSignatures({ use, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}
