import type { CommonPasswords } from './common-passwords.ts'

/** As many characters of its own a password must have, whatever else is in it. */
export const minLength = 8

/** A shorter core says nothing: 8 random characters often have `car` or `123` at an end. */
const minCore = 6

/** No common password is longer, so neither is a tail that is one. */
const maxTail = 20

/**
 * Why guessers come to these characters early, if they do. Repeated characters count once, and digits and signs at the ends
 * count only when there are eight of them that are no common password themselves: `Dragon1!` is `dragon` to every guesser.
 *
 * @param text in lower case, at least `minLength` characters
 */
export function weaknessOf(text: string, common: CommonPasswords): 'too_simple' | 'too_common' | undefined {
  const characters = withoutRepetition([...text])
  if (characters.length < minLength) return 'too_simple'
  const cores = coresOf(characters, common)
  if (cores.some(isRun)) return 'too_simple'
  return cores.some((core) => common.has(core.join(''))) ? 'too_common' : undefined
}

/** The part that the text repeats from its first character to its last, or the whole text. */
function withoutRepetition(characters: string[]): string[] {
  for (let length = 1; length <= characters.length / 2; length += 1) {
    const repeats = characters.every((char, at) => at < length || char === characters[at - length])
    if (repeats) return characters.slice(0, length)
  }
  return characters
}

/** The text, and what is left of it without the digits and signs at its ends, as long as those are weak. */
function coresOf(characters: string[], common: CommonPasswords): string[][] {
  const { length } = characters
  const first = characters.findIndex(isLetter)
  const [ahead, behind] =
    first < 0 ? [length, length] : [first, length - 1 - characters.findLastIndex(isLetter)]
  const cores: string[][] = []
  for (let start = 0; start <= Math.min(ahead, maxTail); start += 1) {
    for (let tail = 0; tail <= Math.min(behind, maxTail - start, length - start - minCore); tail += 1) {
      const ends = [...characters.slice(0, start), ...characters.slice(length - tail)]
      if (ends.length < minLength || common.has(ends.join('')))
        cores.push(characters.slice(start, length - tail))
    }
  }
  return cores
}

function isLetter(char: string): boolean {
  return /\p{L}/u.test(char)
}

/** `12345678`, `hgfedcba`, `aaaaaaaa`: the list of common passwords leaves these to a rule. */
function isRun(characters: string[]): boolean {
  const codes = characters.map((char) => char.codePointAt(0) ?? 0)
  const [first = 0, second = 0] = codes
  return codes.every((code, at) => code === first + at * (second - first))
}
