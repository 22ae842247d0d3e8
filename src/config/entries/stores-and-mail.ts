import { databaseUrl, redisUrl, smtpUrl } from '../connection-urls.ts'
import type { Entry } from '../entry.ts'
import { mailFrom } from '../mail-from.ts'
import { oneOf, path } from '../parsers.ts'

/** What the server keeps, and where its mail goes. */
export const storeAndMailEntries = {
  DATA_DIR: {
    default: './data',
    description: 'Directory of the embedded store.',
    parse: path,
  },
  DATABASE_URL: {
    secret: true,
    defaultWords: 'embedded, in `DATA_DIR`',
    example: 'postgres://sallyport:password@localhost:5432/sallyport',
    description: 'Postgres, for more than one process. `memory:` keeps nothing and is for tests.',
    parse: databaseUrl,
  },
  DATABASE_SYNC: {
    default: 'full',
    description: 'Embedded store only: `normal` trades the last milliseconds before a power cut for speed.',
    parse: oneOf('full', 'normal'),
  },
  REDIS_URL: {
    secret: true,
    defaultWords: 'none',
    example: 'redis://localhost:6379',
    description:
      'Sessions and rate limits live there when it is set: `redis://`, `rediss://` (TLS), `redis+cluster://host:port,...` ' +
      'or `redis+sentinel://host:port,.../mastername`. It may be flushed at any time.',
    parse: redisUrl,
  },
  SMTP_URL: {
    secret: true,
    defaultWords:
      'none: development shows mail in the console and the dev inbox, production refuses to start',
    example: 'smtp://user:password@mail.example:587',
    description: 'Mail server for codes and notices, `smtp://` or `smtps://`.',
    parse: smtpUrl,
  },
  MAIL_FROM: {
    defaultWords: '`Sallyport <no-reply@HOST>` with the host of `PUBLIC_URL`',
    example: 'no-reply@auth.example',
    description: 'Sender of every mail: an address, or `Name <address>`.',
    parse: mailFrom,
  },
} as const satisfies Record<string, Entry<unknown>>
