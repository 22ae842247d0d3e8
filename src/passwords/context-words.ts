import { domainToUnicode } from 'node:url'

/** A name of three characters, such as `ada@`, is one that a guesser tries; two are in every other password. */
const minName = 3

/** Parts of names: at four characters `www`, `com` and the `the` of a name are no longer among them. */
const minPart = 4

/** What a guesser who knows the address tries: the address, both its sides, and the parts of these. */
export function addressWords(email: string): string[] {
  const at = email.lastIndexOf('@')
  const [local, domain] = [email.slice(0, Math.max(0, at)), email.slice(at + 1)]
  return wordsOf([email, ...spellings(local), ...hostNames(domain)])
}

/** What a guesser who knows the service tries: the name of the product and its host. */
export function serviceWords({
  productName,
  publicUrl,
}: {
  productName: string
  publicUrl: string
}): string[] {
  return wordsOf([...spellings(productName), ...hostNames(new URL(publicUrl).hostname)])
}

/**
 * Comparable: in lower case and decomposed, which never makes it shorter than the length rule has counted. Not for hashing,
 * which takes the exact bytes (D12).
 */
export function fold(text: string): string {
  return text.normalize('NFD').toLowerCase()
}

/** What is left of a folded text. The longest word goes first, or `ada@` would tear `ada@example.org` apart. */
export function without(words: string[], text: string): string {
  return words.toSorted((a, b) => b.length - a.length).reduce((rest, word) => rest.replaceAll(word, ''), text)
}

/** The last label (`com`, `test`, `online`) names no one, so it is no word alone. */
function hostNames(host: string): string[] {
  return [host, domainToUnicode(host)].flatMap((name) => [
    name,
    ...name
      .split('.')
      .slice(0, -1)
      .filter((label) => label.length >= minPart)
      .flatMap(spellings),
  ])
}

/** `Acme Bank`, `acmebank`, `acme` and `bank`. */
function spellings(name: string): string[] {
  const parts = name.split(/[^\p{L}\p{M}\p{N}]+/u)
  return [name, parts.join(''), ...parts.filter((part) => [...part].length >= minPart)]
}

function wordsOf(names: string[]): string[] {
  return [...new Set(names.map(fold))].filter((name) => [...name].length >= minName)
}
