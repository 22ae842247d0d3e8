import { randomBytes } from 'node:crypto'

// Crockford's base 32: no letter that is mistaken for a digit when somebody reads the support code aloud.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `7Q2M-K4XD`: joins what belongs to one login, from its first request to the last use of its tokens. It opens nothing. */
export function createFlowId(): string {
  const letters = [...randomBytes(8)].map((byte) => alphabet[byte & 31]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

/** A flow id that a client sends along, if it is one. */
export function readFlowId(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/.test(text) ? text : undefined
}
