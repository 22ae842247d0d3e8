import { sayDuration } from '../../utils/duration.ts'
import type { CauseRow } from '../cause-row.ts'
import { ago } from '../words.ts'

const newToken = 'Get a new token with POST /auth/token and send it unchanged.'

/**
 * Why a token is not good here. What it says of itself is unverified: told in development only, where nobody is helped to forge
 * one.
 */
export const tokenCauses = [
  {
    code: 'token_invalid',
    cause: 'cut_off',
    means: 'The token is not three parts with dots between them: it was cut off, or is another thing.',
    shownIn: 'development',
    when: ({ authorization, token }) => {
      if (token && token.parts !== 3) {
        return `This token has ${token.parts} parts between its dots, and an access token has three.`
      }
      if (token) {
        return token.isReadable
          ? undefined
          : 'The header or the payload of this token is not JSON in base64url.'
      }
      return authorization.holds === 'other'
        ? 'What stands after Bearer is no JWT: these are three parts of base64url with dots between them.'
        : undefined
    },
    fix: newToken,
    howOften: 2,
  },
  {
    code: 'token_invalid',
    cause: 'wrong_issuer',
    means: 'Another server issued the token: iss is not the PUBLIC_URL of this one.',
    shownIn: 'development',
    when: ({ token, settings }) =>
      token && token.issuer !== settings.publicUrl
        ? `This token says that ${token.issuer ?? 'nobody'} issued it; this server is ${settings.publicUrl}.`
        : undefined,
    fix: ({ settings }) =>
      `Get a token from ${settings.publicUrl}; after a change of PUBLIC_URL every token is of another issuer.`,
    howOften: 4,
  },
  {
    code: 'token_invalid',
    cause: 'wrong_audience',
    means: 'The token is for another audience than TOKEN_AUDIENCE.',
    shownIn: 'development',
    when: ({ token, settings }) =>
      token && token.audience !== settings.audience
        ? `This token is for ${token.audience ?? 'another audience'}; this server accepts ${settings.audience}.`
        : undefined,
    fix: 'Get a new token with POST /auth/token, and set TOKEN_AUDIENCE to the same value on every server.',
    howOften: 2,
  },
  {
    code: 'token_invalid',
    cause: 'wrong_type',
    means: 'The header says another typ than at+jwt: an id token or a token of another system.',
    shownIn: 'development',
    when: ({ token }) =>
      token && token.type !== 'at+jwt' && token.type !== 'application/at+jwt'
        ? `The header of this token says typ ${token.type ?? 'nothing'}; access tokens are at+jwt.`
        : undefined,
    fix: newToken,
    howOften: 1,
  },
  {
    code: 'token_invalid',
    cause: 'hs256_vs_es256',
    means:
      'The token is signed with another algorithm than the keys of this server: JWT_SECRET was set or taken away.',
    shownIn: 'development',
    when: ({ token }) =>
      token && token.algorithm !== (token.keyAlgorithm ?? token.ourAlgorithm)
        ? `This token is signed with ${token.algorithm ?? 'no algorithm'}, the keys of this server are ${token.keyAlgorithm ?? token.ourAlgorithm}.`
        : undefined,
    fix: 'Get a new token with POST /auth/token; JWT_SECRET means HS256, without it JWT_ALG decides (ES256).',
    howOften: 2,
  },
  {
    code: 'token_invalid',
    cause: 'unknown_kid',
    means:
      'The token names a key that this server does not have: rotated away long ago, or of an emptied store.',
    shownIn: 'development',
    when: ({ token }) =>
      token && token.keyAlgorithm === undefined
        ? 'This token names a key (kid) that is not of this server: probably its store was emptied.'
        : undefined,
    fix: 'Get a new token with POST /auth/token; verifiers read the keys from /.well-known/jwks.json.',
    howOften: 3,
  },
  {
    code: 'token_invalid',
    cause: 'clock',
    means: 'The token was issued in the future of this server: two clocks differ by more than a minute.',
    shownIn: 'development',
    when: ({ token, now }) =>
      token?.issuedAt !== undefined && token.issuedAt * 1_000 > now + 60_000
        ? `This token was issued ${sayDuration(token.issuedAt * 1_000 - now)} in the future of this server.`
        : undefined,
    fix: 'Set the clocks of all servers by NTP, then get a new token with POST /auth/token.',
    howOften: 1,
  },
  {
    code: 'token_invalid',
    cause: 'altered',
    means: 'All that the token says is right, and its signature is not: a character was lost or changed.',
    shownIn: 'development',
    when: ({ token }) =>
      token
        ? 'What this token says of itself fits, so probably its signature does not: a character was lost or changed.'
        : undefined,
    fix: newToken,
    howOften: 3,
  },
  {
    code: 'token_expired',
    cause: 'expired',
    means: 'The token is older than ACCESS_TOKEN_TTL.',
    shownIn: 'production',
    when: ({ token, now, settings }) =>
      token?.expiresAt === undefined
        ? 'The access token has expired.'
        : `The token expired ${ago(now / 1_000 - token.expiresAt)}; tokens live ${sayDuration(settings.accessTokenTtlMs)}.`,
    fix: 'POST /auth/token, or POST /auth/refresh with a refresh token, gives a new one.',
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]
