/** A-JWT-11: encrypted and compressed tokens, of which the dear ones cost the server minutes. */
import { encode, refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-11: JWE', ({ resign, header, token }) => {
  const part = encode(Buffer.alloc(32, 7))
  const jwe = (more: object) => `${encode({ ...header, ...more })}.${part}.${part}.${part}.${part}`
  return {
    dir: jwe({ alg: 'dir', enc: 'A128GCM' }),
    'RSA-OAEP': jwe({ alg: 'RSA-OAEP', enc: 'A256GCM' }),
    'PBES2 with 2^31 rounds': jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, p2s: part }),
    'zip in a JWE': jwe({ alg: 'dir', enc: 'A128GCM', zip: 'DEF' }),
    'PBES2 in three parts': `${encode({ ...header, alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31 })}.${part}.${part}`,
    'a token in a token': resign({ cty: 'JWT', alg: 'dir' }, {}),
    'nested whole': `${encode(header)}.${encode(token)}.${part}`,
  }
})
