import express, { type Request } from 'express'
import { expressjwt, type GetVerificationKey } from 'express-jwt'
import type { Algorithm } from 'jsonwebtoken'
import { expressJwtSecret } from 'jwks-rsa'
import { quietEnv, type Verifier, verifierOver } from '../verifier.ts'

/** `isRevoked` is the one place where it shows the header, and so where the type can be looked at. */
export const expressJwt: Verifier = {
  name: 'express-jwt + jwks-rsa',
  algorithms: ['ES256', 'RS256'],
  open({ issuer, jwksUri, audience, algorithm }) {
    const app = express()
    app.set('env', quietEnv)
    app.use(
      expressjwt({
        secret: expressJwtSecret({ jwksUri, cache: true, rateLimit: true }) as GetVerificationKey,
        algorithms: [algorithm as Algorithm],
        issuer,
        audience,
        isRevoked: (_, token) => token?.header.typ !== 'at+jwt',
      }),
    )
    app.get('/api/me', (req: Request & { auth?: { sub?: string } }, res) => {
      res.json({ account: req.auth?.sub })
    })
    return verifierOver(app)
  },
}
