/** A-JWT-02: the public key, that everybody has, as the secret of HS256. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { type Forge, refusesOnEveryKey, signed } from './forge.ts'

refusesOnEveryKey(
  'A-JWT-02: the public key as HMAC secret',
  ({ header, claims, publicKey }: Forge) => {
    const key = publicKey as KeyObject
    const jwk = key.export({ format: 'jwk' })
    const pem = key.export({ format: 'pem', type: 'spki' }).toString()
    const secrets: Record<string, Buffer> = {
      pem: Buffer.from(pem),
      'pem without its last line end': Buffer.from(pem.trim()),
      'pem after a line end': Buffer.from(`\n${pem}`),
      der: key.export({ format: 'der', type: 'spki' }),
      jwk: Buffer.from(JSON.stringify(jwk)),
      'the raw number': Buffer.from(jwk.x ?? jwk.n ?? '', 'base64url'),
      kid: Buffer.from(String(header.kid)),
    }
    return Object.fromEntries(
      Object.entries(secrets).flatMap(([name, secret]) =>
        ['HS256', 'HS384', 'HS512'].map((alg) => [
          `${name} ${alg}`,
          signed({ ...header, alg }, claims, alg, createSecretKey(secret)),
        ]),
      ),
    )
  },
  ['ES256', 'RS256', 'EdDSA'],
)
