import express, { type Request } from 'express'
import { type AuthResult, auth } from 'express-oauth2-jwt-bearer'
import { quietEnv, type Verifier, verifierOver } from '../verifier.ts'

/** By discovery alone. `strict` is what RFC 9068 asks for: the type, and client_id, jti, iat and sub. */
export const expressOauth2JwtBearer: Verifier = {
  name: 'express-oauth2-jwt-bearer',
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  open({ issuer, audience, algorithm }) {
    const app = express()
    app.set('env', quietEnv)
    app.use(auth({ issuerBaseURL: issuer, audience, strict: true, tokenSigningAlg: algorithm }))
    app.get('/api/me', (req: Request, res) => {
      // Our own guards declare another `auth` in the same program, which an API of its own does not have.
      res.json({ account: (req.auth as unknown as AuthResult).payload.sub })
    })
    return verifierOver(app)
  },
}
