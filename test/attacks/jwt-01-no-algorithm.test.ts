/** A-JWT-01: a token that says that it needs no signature. */
import { encode, refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-01: alg none', ({ token, header, claims }) => {
  const signature = token.split('.')[2] ?? ''
  const tokens: Record<string, string> = {}
  for (const alg of ['none', 'None', 'nOnE', 'NONE', '']) {
    const input = `${encode({ ...header, alg })}.${encode(claims)}`
    Object.assign(tokens, { [`${alg}, empty`]: `${input}.`, [`${alg}, kept`]: `${input}.${signature}` })
    tokens[`${alg}, without a dot`] = input
  }
  return tokens
})
