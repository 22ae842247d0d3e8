/** A-JWT-09: not three parts, or the same token in another spelling. */
import { refusesOnEveryKey } from './forge.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

refusesOnEveryKey('A-JWT-09: other shapes', ({ token }) => {
  const [header = '', claims = '', signature = ''] = token.split('.')
  return {
    'no signature': `${header}.${claims}`,
    'an empty signature': `${header}.${claims}.`,
    'one part': header,
    'four parts': `${token}.${signature}`,
    'five parts': `${header}.${claims}.${claims}.${claims}.${signature}`,
    'an empty header': `.${claims}.${signature}`,
    'empty claims': `${header}..${signature}`,
    'two dots': '..',
    'JSON serialisation': JSON.stringify({ protected: header, payload: claims, signature }),
    padded: `${header}=.${claims}.${signature}`,
    'padded at the end': `${token}=`,
    'other alphabet': token.replace(/[-_]|.$/, '+'),
    'a dot at the end': `${token}.`,
    'trailing letters': `${token}AAAA`,
    'the signature twice': `${header}.${claims}.${signature}${signature}`,
    'a quoted token': `"${token}"`,
    'a spare bit in the header': `${header}A.${claims}.${signature}`,
    // The same bytes: no base64url of 32, 64 or 256 bytes uses the last bit of its last letter.
    'a spare bit in the signature': `${token.slice(0, -1)}${letters[letters.indexOf(token.at(-1) ?? '') ^ 1]}`,
  }
})
