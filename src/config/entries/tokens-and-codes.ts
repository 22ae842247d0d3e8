import { clientList } from '../clients.ts'
import type { Entry } from '../entry.ts'
import { audience, duration, durationOrOff, oneOf, wholeNumber } from '../parsers.ts'
import { placeholderSecret } from '../secrets.ts'

/** What is handed out, and how long it lives. */
export const tokenAndCodeEntries = {
  JWT_ALG: {
    default: 'ES256',
    description:
      'Algorithm of access tokens while JWT_SECRET is unset. RS256 is for verifiers that know nothing else.',
    parse: oneOf('ES256', 'RS256', 'EdDSA'),
  },
  TOKEN_AUDIENCE: {
    defaultWords: '`PUBLIC_URL`',
    example: 'https://api.example',
    description: 'The `aud` of access tokens: who may accept them.',
    parse: audience,
  },
  ACCESS_TOKEN_TTL: {
    defaultWords: '`5m`, or `SESSION_TTL` where that is shorter',
    example: '5m',
    description: 'Lifetime of an access token, at most 1h.',
    parse: duration('1ms', '1h'),
  },
  CLIENTS: {
    secret: true,
    defaultWords: 'none',
    example: `orders-api:${placeholderSecret}`,
    description:
      'Services that may ask about tokens (POST /auth/introspect) and end their sessions (POST /auth/revoke), as a comma list ' +
      'of `id:secret`; 32 bytes or more in each secret, and another one in each.',
    parse: clientList,
  },
  REFRESH_TOKEN_TTL: {
    default: '30d',
    description: 'Lifetime of a refresh token.',
    parse: duration('1ms', '400d'),
  },
  REFRESH_GRACE: {
    default: '30s',
    description:
      'How long a repeated refresh gets the same answer again, for clients that lost it; 0s to 5m.',
    parse: duration('0s', '5m'),
  },
  SESSION_IDLE_TTL: {
    defaultWords: '`24h`, or `SESSION_TTL` where that is shorter',
    example: '24h',
    description: 'A session that is not used for this long ends.',
    parse: duration('1ms', '400d'),
  },
  SESSION_TTL: {
    default: '30d',
    description: 'A session ends after this long in any case, at most 400d.',
    parse: duration('1ms', '400d'),
  },
  STEP_UP_TTL: {
    default: '10m',
    description:
      'How long a verified code counts as recent for sensitive acts (e-mail change, export, deletion); after that they ' +
      'are refused with reauth_required until POST /auth/step-up.',
    parse: duration('1s', '24h'),
  },
  TRUSTED_DEVICE_TTL: {
    default: '30d',
    description:
      'How long a browser that was verified with trustDevice may log in with the password alone; 0 turns it off.',
    parse: durationOrOff('1s', '400d'),
  },
  OTP_TTL: {
    default: '10m',
    description: 'Lifetime of a code; more than 10m is refused in production (ASVS 6.5.5).',
    parse: duration('1ms', '24h'),
  },
  OTP_RESEND_AFTER: {
    default: '30s',
    description: 'How long to wait before a code can be sent again; 0s is allowed.',
    parse: duration('0s', '1h'),
  },
  OTP_ATTEMPTS: {
    default: '5',
    description: 'Tries per login, 1 to 20.',
    parse: wholeNumber(1, 20),
  },
  OTP_LENGTH: {
    default: '6',
    description:
      'Digits of a code, 4 to 9, as far as OTP_ATTEMPTS keeps the chance of guessing one at or below 1 %.',
    parse: wholeNumber(4, 9),
  },
} as const satisfies Record<string, Entry<unknown>>
