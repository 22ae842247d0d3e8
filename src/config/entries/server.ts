import type { Entry } from '../entry.ts'
import { originList, publicUrl } from '../origins.ts'
import { listenHost, oneOf, wholeNumber } from '../parsers.ts'
import { devToolsKey, placeholderSecret, secret, secretList } from '../secrets.ts'
import { trustProxy } from '../trust-proxy.ts'

/** The brief's three lines come first, here and in .env.example. */
export const serverEntries = {
  PORT: {
    default: '5000',
    description: 'Port to listen on; 0 takes a free one.',
    parse: wholeNumber(0, 65_535),
  },
  SESSION_SECRET: {
    secret: true,
    example: placeholderSecret,
    defaultWords: 'none; development makes one up for each run',
    description:
      'Root secret, 32 bytes or more: `npx sallyport secret` prints a fresh one. Cookies, codes and stored keys are ' +
      'protected by keys that are derived from it. A comma list replaces it without logging anybody out: the first ' +
      'signs, the others still verify (NEW,OLD).',
    parse: secretList,
  },
  JWT_SECRET: {
    secret: true,
    defaultWords: 'none: asymmetric keys',
    description:
      'Leave it unset and access tokens are signed with keys that the server generates, stores encrypted, rotates and ' +
      'publishes as JWKS, so that other services verify tokens without sharing a secret. Set it (32 bytes or more) ' +
      'and tokens are HS256 with this secret.',
    parse: secret,
  },
  NODE_ENV: {
    defaultWords: '`production` under `npm start`, `development` under `npm run dev`',
    example: 'production',
    description: 'Strictness: production refuses to start on what development only warns about.',
    parse: oneOf('development', 'production'),
  },
  HOST: {
    defaultWords: '`0.0.0.0` in production, `127.0.0.1` in development',
    example: '127.0.0.1',
    description: 'Address to listen on.',
    parse: listenHost,
  },
  PUBLIC_URL: {
    defaultWords: '`http://localhost:PORT`',
    example: 'https://auth.example',
    description:
      'The origin that users and clients see: issuer of tokens and base of every link; never taken from a request. ' +
      'https turns on Secure cookies and the __Host- prefix.',
    parse: publicUrl,
  },
  TRUST_PROXY: {
    default: '0',
    description:
      'Reverse proxies in front that may name the address of the caller: how many hops, or a comma list of their ' +
      'addresses and networks.',
    parse: trustProxy,
  },
  CORS_ORIGINS: {
    defaultWords: 'none',
    example: 'https://app.example,https://admin.example',
    description: 'Exact origins of other sites whose pages may call with credentials, as a comma list.',
    parse: originList,
  },
  RATE_LIMITS: {
    default: 'on',
    description: '`off` is for load tests and only works while PUBLIC_URL is a loopback address.',
    parse: oneOf('on', 'off'),
  },
  DEV_TOOLS_KEY: {
    secret: true,
    defaultWords: 'none',
    description:
      'Development in a container: /_dev answers whoever brings this key (32 characters or more) instead of whoever comes ' +
      'from this machine. Production refuses to start with it.',
    parse: devToolsKey,
  },
  LOG_LEVEL: {
    default: 'info',
    description: 'How much is logged.',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  },
} as const satisfies Record<string, Entry<unknown>>
