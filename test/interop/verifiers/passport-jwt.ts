import express from 'express'
import jwt, { type Algorithm } from 'jsonwebtoken'
import { passportJwtSecret } from 'jwks-rsa'
import { Passport } from 'passport'
import { ExtractJwt, type SecretOrKeyProvider, Strategy } from 'passport-jwt'
import { quietEnv, type Verifier, verifierOver } from '../verifier.ts'

/** Only the key provider sees the whole token: a token of another type gets no key. */
export const passportJwt: Verifier = {
  name: 'passport-jwt + jwks-rsa',
  algorithms: ['ES256', 'RS256'],
  open({ issuer, jwksUri, audience, algorithm }) {
    const findKey = passportJwtSecret({ jwksUri, cache: true, rateLimit: true })
    const secretOrKeyProvider: SecretOrKeyProvider = (req, token, done) =>
      jwt.decode(token, { complete: true })?.header.typ === 'at+jwt'
        ? findKey(req, token, done)
        : done(null, undefined)
    const passport = new Passport()
    passport.use(
      new Strategy(
        {
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          secretOrKeyProvider,
          algorithms: [algorithm as Algorithm],
          issuer,
          audience,
        },
        ({ sub }, done) => done(null, { account: sub }),
      ),
    )
    const app = express()
    app.set('env', quietEnv)
    app.use(passport.authenticate('jwt', { session: false }))
    app.get('/api/me', (req, res) => void res.json(req.user))
    return verifierOver(app)
  },
}
