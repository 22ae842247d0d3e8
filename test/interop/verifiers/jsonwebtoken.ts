import jwt, { type Algorithm, type JwtPayload, type VerifyOptions } from 'jsonwebtoken'
import { JwksClient } from 'jwks-rsa'
import { type Verifier, verifierOf } from '../verifier.ts'

/** It brings no keys: jwks-rsa fetches them. It does not look at the type. */
export const jsonwebtoken: Verifier = {
  name: 'jsonwebtoken + jwks-rsa',
  algorithms: ['ES256', 'RS256'],
  async open({ issuer, jwksUri, audience, algorithm }) {
    const client = new JwksClient({ jwksUri, cache: true, rateLimit: true })
    const options: VerifyOptions = { issuer, audience, algorithms: [algorithm as Algorithm], complete: true }

    async function claimsOf(token: string): Promise<JwtPayload> {
      const { header, payload } = await new Promise<{ header: { typ?: string }; payload: JwtPayload }>(
        (resolve, reject) =>
          jwt.verify(
            token,
            ({ kid }, done) =>
              client.getSigningKey(kid).then(
                (key) => done(null, key.getPublicKey()),
                (reason) => done(reason),
              ),
            options,
            (reason, verified) => (reason ? reject(reason) : resolve(verified as never)),
          ),
      )
      if (header.typ !== 'at+jwt') throw new jwt.JsonWebTokenError('not an access token')
      return payload
    }

    return verifierOf(claimsOf, (reason) => reason instanceof jwt.JsonWebTokenError)
  },
}
