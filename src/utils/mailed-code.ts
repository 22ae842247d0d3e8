import { hashSecret, hmac, type SecretHash } from './secret.ts'

/** Codes that live for days, so long that nobody guesses one: 125 bits in letters that no one mistakes for another (Crockford). */
export type MailedCodes = {
  /** `7KQ2M-X4DPA-...`, made again when its mail is composed. */
  codeOf(id: string): string
  /** As it is stored; `undefined` for what can't be one. Case, spaces, dashes, O for 0 and I or L for 1 don't matter. */
  hashOf(code: string): SecretHash | undefined
}

export function createMailedCodes(key: Buffer): MailedCodes {
  return {
    codeOf(id) {
      const bytes = hmac(key, id)
      const letters = Array.from({ length: 25 }, (_, index) => alphabet[(bytes[index] ?? 0) % 32])
      return (letters.join('').match(/.{5}/g) as string[]).join('-')
    },
    hashOf(code) {
      const letters = code.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
      return /^[0-9A-HJKMNP-TV-Z]{25}$/.test(letters) ? hashSecret(letters) : undefined
    },
  }
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
