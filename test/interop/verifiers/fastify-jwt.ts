import fastifyJwt, { type Secret } from '@fastify/jwt'
import Fastify from 'fastify'
import buildGetJwks from 'get-jwks'
import { type Verifier, verifierOver } from '../verifier.ts'

type Decoded = { header: { kid: string; alg: string } }

/** fast-jwt skips the check of a claim that is not there, so `requiredClaims` belongs to `allowedAud` and `allowedIss`. */
export const fastifyJwtGetJwks: Verifier = {
  name: '@fastify/jwt + get-jwks',
  algorithms: ['ES256', 'RS256'],
  async open({ issuer, audience, algorithm }) {
    const jwks = buildGetJwks({ providerDiscovery: true, issuersWhitelist: [issuer] })
    const findKey = (_: unknown, { header: { kid, alg } }: Decoded) =>
      jwks.getPublicKey({ kid, alg, domain: issuer })
    const fastify = Fastify()
    await fastify.register(fastifyJwt, {
      decode: { complete: true },
      // Its types know only a function of the token.
      secret: findKey as unknown as Secret,
      verify: {
        algorithms: [algorithm],
        allowedIss: issuer,
        allowedAud: audience,
        requiredClaims: ['iss', 'aud', 'sub', 'exp'],
        checkTyp: 'at+jwt',
      },
    })
    fastify.addHook('onRequest', (request) => request.jwtVerify().catch(refuse))
    fastify.get('/api/me', async ({ user }) => ({ account: (user as { sub: string }).sub }))
    await fastify.ready()
    return verifierOver(
      (req, res) => fastify.routing(req, res),
      () => fastify.close(),
    )
  },
}

/** Some refusals (a wrong type, a missing claim, an unknown key) would be a 500 by themselves. */
function refuse(reason: Error & { code?: string }): never {
  const isRefusal = /^(FAST_JWT_(?!KEY_FETCHING_ERROR)|JWK_NOT_FOUND$)/.test(reason.code ?? '')
  throw isRefusal ? Object.assign(reason, { statusCode: 401 }) : reason
}
