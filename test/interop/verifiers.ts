import type { Verifier } from './verifier.ts'
import { expressJwt } from './verifiers/express-jwt.ts'
import { expressOauth2JwtBearer } from './verifiers/express-oauth2-jwt-bearer.ts'
import { fastifyJwtGetJwks } from './verifiers/fastify-jwt.ts'
import { honoJwk } from './verifiers/hono-jwk.ts'
import { jose } from './verifiers/jose.ts'
import { jsonwebtoken } from './verifiers/jsonwebtoken.ts'
import { passportJwt } from './verifiers/passport-jwt.ts'
import { pyjwt } from './verifiers/pyjwt.ts'

/** In the order of docs/verifying.md. */
export const verifiers: Verifier[] = [
  expressOauth2JwtBearer,
  expressJwt,
  passportJwt,
  fastifyJwtGetJwks,
  honoJwk,
  jose,
  jsonwebtoken,
  pyjwt,
]
