/** A-JWT-08: signatures at the edges of what a signature can be. */
import { createHash, sign } from 'node:crypto'
import { encode, refusesOnEveryKey } from './forge.ts'

const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
const one = Buffer.alloc(32)
one[31] = 1
const zero = Buffer.alloc(32)

refusesOnEveryKey('A-JWT-08: edge signatures', ({ token, algorithm, privateKey }) => {
  const [header, claims, text = ''] = token.split('.')
  const input = `${header}.${claims}`
  const signature = Buffer.from(text, 'base64url')
  const tokens: Record<string, Buffer> = {
    zeros: Buffer.alloc(signature.length),
    ones: Buffer.alloc(signature.length, 0xff),
    'one byte short': signature.subarray(1),
    'one byte long': Buffer.concat([signature, Buffer.from([0])]),
    'one zero before': Buffer.concat([Buffer.from([0]), signature]),
    'one bit flipped': Buffer.from(signature.map((byte, at) => (at === 5 ? byte ^ 1 : byte))),
    'the bare digest': createHash('sha256').update(input).digest(),
  }
  if (algorithm === 'ES256') {
    for (const [name, r, s] of [
      ['r 0 s 0', zero, zero],
      ['r 0 s 1', zero, one],
      ['r 1 s 0', one, zero],
      ['r 1 s 1', one, one],
      ['r n s n', order, order],
      ['r n s 1', order, one],
    ] as const) {
      tokens[name] = Buffer.concat([r, s])
    }
    tokens.der = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'der' })
  }
  return Object.fromEntries(
    Object.entries(tokens).map(([name, bytes]) => [name, `${input}.${encode(bytes)}`]),
  )
})
