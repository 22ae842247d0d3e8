import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { type Verifier, verifierOf } from '../verifier.ts'

export const jose: Verifier = {
  name: 'jose',
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  async open({ issuer, jwksUri, audience, algorithm }) {
    const keys = createRemoteJWKSet(new URL(jwksUri))
    return verifierOf(
      async (token) => {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: [algorithm],
          typ: 'at+jwt',
          requiredClaims: ['sub', 'exp'],
        })
        return payload
      },
      (reason) => reason instanceof errors.JOSEError && !(reason instanceof errors.JWKSTimeout),
    )
  },
}
