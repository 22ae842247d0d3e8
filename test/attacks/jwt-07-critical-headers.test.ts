/** A-JWT-07: header members that change how a token is read. */
import { refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-07: crit and b64', ({ resign }) => ({
  'unknown crit': resign({ crit: ['x'], x: 1 }),
  'empty crit': resign({ crit: [] }),
  'crit of a known name': resign({ crit: ['exp'], exp: 9_999_999_999 }),
  'crit is null': resign({ crit: null }),
  b64: resign({ b64: false, crit: ['b64'] }),
  'b64 without crit': resign({ b64: false }),
  'b64 true': resign({ b64: true, crit: ['b64'] }),
}))
