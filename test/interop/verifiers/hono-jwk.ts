import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { jwk } from 'hono/jwk'
import type { JwtVariables } from 'hono/jwt'
import { type Verifier, verifierOver } from '../verifier.ts'

/** Without `typ` it takes tokens of the type JWT only, and so none of ours. */
export const honoJwk: Verifier = {
  name: 'hono/jwk',
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  open({ issuer, jwksUri, audience, algorithm }) {
    const app = new Hono<{ Variables: JwtVariables<{ sub: string }> }>()
    app.use(
      jwk({
        jwks_uri: jwksUri,
        alg: [algorithm],
        verification: { iss: issuer, aud: audience, typ: 'at+jwt' },
      }),
    )
    app.get('/api/me', (context) => context.json({ account: context.get('jwtPayload').sub }))
    return verifierOver(getRequestListener(app.fetch))
  },
}
