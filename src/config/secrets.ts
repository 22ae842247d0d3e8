import { accepted, type Parse, refused } from './parsers.ts'

// No message here repeats a secret or tells its length.

/** What .env.example holds until somebody puts a secret there. */
export const placeholderSecret = 'replace-this-with-the-output-of-npx-sallyport-secret'

/** The first secret signs, the others still verify: that is how a secret is replaced without logging anybody out. */
export const secretList: Parse<[string, ...string[]]> = (text) => {
  const [first = '', ...others] = text.split(',').map((entry) => entry.trim())
  if ([first, ...others].every(isOneLine)) return accepted([first, ...others])
  return refused(
    'it holds an empty entry, a line break or another control character',
    'Write one secret, or NEW,OLD while you replace one, all on one line.',
  )
}

export const secret: Parse<string> = (text) => {
  if (isOneLine(text) && text === text.trim()) return accepted(text)
  return refused(
    'it begins or ends with a space, or holds a line break or another control character',
    'Write the secret on one line, without spaces around it.',
  )
}

/** It travels in the fragment of a link and in a header, so it has no character that needs escaping in either. */
export const devToolsKey: Parse<string> = (text) => {
  if (/^[\w.~-]{32,200}$/.test(text)) return accepted(text)
  return refused(
    'it is no key of 32 to 200 letters, digits, -, _, . and ~',
    'Put in the output of: npx sallyport secret',
  )
}

/** Why a secret would not hold against somebody who tries what people usually write there. */
export function secretWeakness(value: string): string | undefined {
  const letters = value.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (exampleValues.includes(letters) || exampleParts.some((part) => letters.includes(part))) {
    return 'is a well-known example value'
  }
  if (Buffer.byteLength(value) < 32) return 'is shorter than 32 bytes'
  if (isRepetition(value.toLowerCase())) return 'repeats one pattern'
  if (new Set(value).size < 6) return 'consists of a few characters only'
  return undefined
}

/** Lower case, letters and digits only; refused where they are the whole secret. */
const exampleValues = [
  'secret',
  'password',
  'sessionsecret',
  'jwtsecret',
  'secretkey',
  'topsecret',
  'test',
  'abcdefghijklmnopqrstuvwxyz123456',
  'abcdefghijklmnopqrstuvwxyz0123456789',
]

/** Refused wherever they occur, with whatever was added to reach 32 bytes. From the brief and the docs of our peers. */
const exampleParts = [
  'mysessionsecret',
  'myjwtsecret',
  'mysecret',
  'yoursecret',
  'supersecret',
  'changeme',
  'changethis',
  'replacethis',
  'replaceme',
  'replacewith',
  'keyboardcat',
  'betterauthsecret',
  'your256bitsecret',
  'atleast256bits',
  'atleast32characters',
]

function isOneLine(text: string): boolean {
  return text !== '' && !/\p{Cc}/u.test(text)
}

/** Whether the value is one block of up to half its length, again and again (the last one may be cut short). */
function isRepetition(value: string): boolean {
  const longest = Math.min(Math.floor(value.length / 2), 64)
  for (let length = 1; length <= longest; length++) {
    if (value.slice(length) === value.slice(0, -length)) return true
  }
  return false
}
