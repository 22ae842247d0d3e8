/** A-JWT-03: an algorithm that is not that of the key. */
import { generateKeyPairSync } from 'node:crypto'
import { refusesOnEveryKey, signed } from './forge.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const ed = generateKeyPairSync('ed25519').privateKey

refusesOnEveryKey('A-JWT-03: another algorithm', ({ header, claims, algorithm, privateKey, resign }) => {
  const tokens: Record<string, string> = {}
  const names = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  for (const alg of [...names, 'ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'ES256 ', 'es256']) {
    // The right signature under a header that names another algorithm.
    if (alg !== algorithm) tokens[`says ${alg}`] = resign({ alg })
  }
  if (algorithm === 'RS256') tokens['signed with SHA-384'] = signed(header, claims, 'RS384', privateKey)
  if (algorithm === 'HS256') tokens['signed with SHA-512'] = signed(header, claims, 'HS512', privateKey)
  return {
    ...tokens,
    'own RSA key': signed({ ...header, alg: 'RS256' }, claims, 'RS256', rsa),
    'own P-384 key': signed({ ...header, alg: 'ES384' }, claims, 'ES384', p384),
    'own Ed25519 key': signed({ ...header, alg: 'EdDSA' }, claims, 'EdDSA', ed),
  }
})
