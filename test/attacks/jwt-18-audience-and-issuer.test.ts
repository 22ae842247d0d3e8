/** A-JWT-18: a token for, or of, somebody else. */
import { refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-18: another aud or iss', ({ resign, claims }) => {
  const ours = String(claims.aud)
  const iss = String(claims.iss)
  return {
    'aud missing': resign({}, { aud: undefined }),
    'aud null': resign({}, { aud: null }),
    'aud of another': resign({}, { aud: 'https://api.example.test' }),
    'aud with ours and another': resign({}, { aud: [ours, 'https://api.example.test'] }),
    'aud a list of ours': resign({}, { aud: [ours] }),
    'aud empty list': resign({}, { aud: [] }),
    'aud a prefix of ours': resign({}, { aud: ours.slice(0, -1) }),
    'aud ours and more': resign({}, { aud: `${ours}.evil.test` }),
    'aud with a slash': resign({}, { aud: `${ours}/` }),
    'aud in upper case': resign({}, { aud: ours.toUpperCase() }),
    'aud an object': resign({}, { aud: { [ours]: true } }),
    'iss missing': resign({}, { iss: undefined }),
    'iss with a slash': resign({}, { iss: `${iss}/` }),
    'iss of another': resign({}, { iss: 'https://evil.test' }),
    'iss in upper case': resign({}, { iss: iss.toUpperCase() }),
    'iss a list': resign({}, { iss: [iss] }),
    'iss by address': resign({}, { iss: iss.replace('localhost', '127.0.0.1') }),
  }
})
