import { domainToASCII } from 'node:url'

/** An e-mail address in the one spelling under which it is stored, compared and mailed. */
export type Email = string & { readonly __email: unique symbol }

/**
 * The one canonicaliser for e-mail addresses (security.md D11): `undefined` is "not an address that we mail to".
 *
 * Accepted is the dot-atom form of RFC 5322 in ASCII with a DNS domain. Quoted local parts, comments, address lists,
 * control characters and look-alike letters (fullwidth at-sign, Kelvin sign, dotless i) are refused rather than folded:
 * two spellings of one account are how peers were broken (CVE-2022-35924, GHSA-7rqj-j65f-68wh).
 */
export function canonicalEmail(text: string): Email | undefined {
  if (text.length > 254) return undefined
  const at = text.indexOf('@')
  if (at < 1 || at !== text.lastIndexOf('@')) return undefined
  const local = text.slice(0, at)
  const domain = canonicalDomain(text.slice(at + 1))
  if (local.length > 64 || !localPart.test(local) || domain === undefined) return undefined
  const email = `${local.toLowerCase()}@${domain}`
  return email.length > 254 ? undefined : (email as Email)
}

/** `t••t@test.com`: enough for the owner to recognise, too little for somebody else to learn. */
export function maskEmail(email: string): string {
  const at = email.indexOf('@')
  const local = email.slice(0, at)
  const shown = local.length > 2 ? `${local[0]}••${local[local.length - 1]}` : `${local[0]}••`
  return `${shown}${email.slice(at)}`
}

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const domainLabels = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/

function canonicalDomain(text: string): string | undefined {
  // Unicode is allowed only as letters, marks and digits; anything that IDNA would map onto ASCII is refused first.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text) || text !== text.normalize('NFKC')) return undefined
  const ascii = domainToASCII(text).toLowerCase()
  if (/^[\x21-\x7e]+$/.test(text) ? ascii !== text.toLowerCase() : /[\x21-\x7e]/.test(asciiFoldings(text))) {
    return undefined
  }
  return ascii.length <= 253 && domainLabels.test(ascii) && !/^[\d.]+$/.test(ascii) ? ascii : undefined
}

/** The non-ASCII characters of a name that lower-casing would turn into ASCII letters (Kelvin sign, dotted I). */
function asciiFoldings(text: string): string {
  return [...text]
    .filter((char) => char > '\x7f')
    .map((char) => char.toLowerCase())
    .join('')
}
