import type { Entry } from '../entry.ts'
import { oneOf } from '../parsers.ts'

/** Who may open an account, and with which password. */
export const accountEntries = {
  REGISTRATION: {
    default: 'open',
    description:
      '`open`: anyone registers. `invite`: only with the code of `sallyport user invite`. `closed`: nobody; accounts come ' +
      'from the command line.',
    parse: oneOf('open', 'invite', 'closed'),
  },
  BREACHED_PASSWORDS: {
    default: 'off',
    description:
      '`on` asks api.pwnedpasswords.com whether a new password was seen in a breach. Only the first five characters of its ' +
      'SHA-1 leave the server. Without an answer within a second the bundled list decides alone.',
    parse: oneOf('on', 'off'),
  },
} as const satisfies Record<string, Entry<unknown>>
