/** The guards that protect the same Express route, each set up as its own README says. */
import type { RequestHandler } from 'express'
import { expressjwt, type GetVerificationKey } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import { expressJwtSecret } from 'jwks-rsa'

export type GuardName = 'verify' | 'verify-feed' | 'express-jwt' | 'oauth2-jwt-bearer'

type Make = (issuer: string) => RequestHandler | Promise<RequestHandler>

/** The audience of our tokens is the issuer. */
const guards: Record<GuardName, Make> = {
  verify: async (issuer) => (await readVerify()).requireToken({ issuer }),
  'verify-feed': async (issuer) => (await readVerify()).requireToken({ issuer, liveness: 'feed' }),
  'express-jwt': (issuer) =>
    expressjwt({
      secret: expressJwtSecret({
        jwksUri: `${issuer}/.well-known/jwks.json`,
        cache: true,
        rateLimit: true,
      }) as GetVerificationKey,
      algorithms: ['ES256'],
      issuer,
      audience: issuer,
    }),
  'oauth2-jwt-bearer': (issuer) =>
    auth({ issuerBaseURL: issuer, audience: issuer, tokenSigningAlg: 'ES256' }),
}

export function guardNamed(name: string | undefined): Make {
  const make = guards[name as GuardName]
  if (!make) throw new Error(`no guard is named ${name}`)
  return make
}

/** What is measured is what is shipped. */
async function readVerify(): Promise<typeof import('../../verify/src/index.ts')> {
  return import(new URL('../../verify/dist/index.js', import.meta.url).href)
}
