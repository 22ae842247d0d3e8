/** Tokens that no verifier may take for ours, each with what is wrong in it. */
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { encode, type Forge, signed } from '../attacks/forge.ts'
import type { PublicKeyAlgorithm } from './verifier.ts'

export async function foreignTokens(
  forge: Forge,
  algorithm: PublicKeyAlgorithm,
): Promise<Record<string, string>> {
  const { token, header, claims, resign } = forge
  const publicKey = forge.publicKey as KeyObject
  const own = newKeyPair(algorithm)
  const ownJwk = { ...own.publicKey.export({ format: 'jwk' }), kid: 'mine', alg: algorithm, use: 'sig' }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }))
  const now = Math.floor(Date.now() / 1_000)
  const [headerPart, claimsPart, signature] = token.split('.') as [string, string, string]
  const hs256 = { ...header, alg: 'HS256' }
  const byUs = { iss: claims.iss, sub: claims.sub, iat: now }
  return {
    expired: resign({}, { iat: now - 900, exp: now - 600 }),
    'for another audience': resign({}, { aud: 'https://other.example' }),
    'for an audience that begins like ours': resign({}, { aud: `${claims.aud}.evil.example` }),
    'of another issuer, signed by our key': resign({}, { iss: 'https://other.example' }),
    'of another issuer with its own key and our kid': signed(
      header,
      { ...claims, iss: 'https://other.example' },
      algorithm,
      own.privateKey,
    ),
    'in our name, signed by another key with our kid': signed(header, claims, algorithm, own.privateKey),
    'in our name, signed by a key that nobody publishes': signed(
      { ...header, kid: 'mine' },
      claims,
      algorithm,
      own.privateKey,
    ),
    'with its key in the header': signed(
      { ...header, kid: 'mine', jwk: ownJwk },
      claims,
      algorithm,
      own.privateKey,
    ),
    'HS256 with the public key as PEM': signed(hs256, claims, 'HS256', createSecretKey(pem, 'utf8')),
    'HS256 with the public key as PEM without its last line break': signed(
      hs256,
      claims,
      'HS256',
      createSecretKey(pem.trimEnd(), 'utf8'),
    ),
    'HS256 with the public key as JWK': signed(hs256, claims, 'HS256', createSecretKey(jwk, 'utf8')),
    'without an algorithm': `${encode({ ...header, alg: 'none' })}.${claimsPart}.`,
    'without an algorithm, its signature kept': `${encode({ ...header, alg: 'none' })}.${claimsPart}.${signature}`,
    'without a signature': `${headerPart}.${claimsPart}.`,
    'with a changed claim': `${headerPart}.${encode({ ...claims, sub: 'somebody else' })}.${signature}`,
    'of type JWT': resign({ typ: 'JWT' }),
    'without a type': resign({ typ: undefined }),
    // We sign more than access tokens.
    'that is no token but the revocation feed': (await forge.gate.client().get('/auth/revocations')).body,
    'a statement of ours without audience and expiry': signed(
      { ...header, typ: 'revocations+jwt' },
      byUs,
      algorithm,
      forge.privateKey,
    ),
    'of our key, without audience': resign({}, { aud: undefined }),
  }
}

function newKeyPair(algorithm: PublicKeyAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('ed25519')
}
