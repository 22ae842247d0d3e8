/** A-JWT-04: the attacker brings the key that his token is checked with. */
import { generateKeyPairSync } from 'node:crypto'
import { refusesOnEveryKey, signed } from './forge.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = publicKey.export({ format: 'jwk' })
const x5c = [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')]

refusesOnEveryKey('A-JWT-04: an embedded key', ({ header, claims }) => {
  const bring = (more: object) => signed({ ...header, alg: 'ES256', ...more }, claims, 'ES256', privateKey)
  return {
    jwk: bring({ jwk }),
    'jwk with our kid': bring({ jwk: { ...jwk, kid: header.kid, alg: 'ES256' } }),
    'jwk without kid': bring({ jwk, kid: undefined }),
    'jwk with its own kid': bring({ jwk, kid: 'mine' }),
    x5c: bring({ x5c }),
    'kid is the key': bring({ kid: JSON.stringify(jwk) }),
    'kid is an object': bring({ kid: jwk }),
  }
})
