import { isPbkdf2Digest, writePbkdf2 } from './foreign-pbkdf2.ts'
import { writeFirebaseScrypt, writeScrypt } from './foreign-scrypt.ts'

/** The stored form of a hash as programs write it. What is of no known spelling comes back as it is, to be refused where it is read. */
export function toStoredHash(text: string): string {
  if (/^\$2[ay]\$/.test(text)) return `$2b$${text.slice(4)}`
  if (text.startsWith('$fbscrypt$')) return ofSupabaseFirebase(text) ?? text
  // Auth0 writes the length of the digest too, which the digest itself tells.
  return text.replace(/^(\$pbkdf2-\w+\$i=\d+),l=\d+\$/, '$1$')
}

/** https://docs.djangoproject.com/en/stable/topics/auth/passwords/: `<algorithm>$<parameters>$<salt>$<hash>`, salts as plain text. */
export function djangoToStoredHash(text: string): string {
  const [algorithm = '', first = '', salt = '', ...rest] = text.split('$')
  const [, digest = ''] = /^pbkdf2_(\w+)$/.exec(algorithm) ?? []
  if (isPbkdf2Digest(digest) && rest.length === 1) {
    return writePbkdf2({ digest, iterations: Number(first), ...saltAndHash(salt, rest[0] as string) })
  }
  if (algorithm === 'scrypt' && rest.length === 3) {
    const [r, p, hash] = rest as [string, string, string]
    const cost = { ln: Math.log2(Number(first)), r: Number(r), p: Number(p) }
    return writeScrypt({ cost, ...saltAndHash(salt, hash) })
  }
  if (text.startsWith('argon2$')) return text.slice('argon2'.length)
  if (text.startsWith('bcrypt$')) return toStoredHash(text.slice('bcrypt$'.length))
  if (text.startsWith('bcrypt_sha256$$2'))
    return `$django-bcrypt-sha256${text.slice('bcrypt_sha256$'.length)}`
  return text
}

function saltAndHash(salt: string, hash: string): { salt: Buffer; bytes: Buffer } {
  return { salt: Buffer.from(salt), bytes: Buffer.from(hash, 'base64') }
}

const supabaseFirebase =
  /^\$fbscrypt\$v=1,n=(\d+),r=(\d+),p=(\d+)(?:,ss=([^,$]*))?,sk=([^,$]+)\$([^$]+)\$([^$]+)$/

/** What Supabase keeps of accounts that came to it from Firebase. */
function ofSupabaseFirebase(text: string): string | undefined {
  const [, n, r, p, ...encoded] = supabaseFirebase.exec(text) ?? []
  const [separator, signerKey, salt, bytes] = encoded.map((each) => Buffer.from(each ?? '', 'base64'))
  if (!separator || !signerKey || !salt || !bytes) return undefined
  const cost = { ln: Number(n), r: Number(r), p: Number(p) }
  return writeFirebaseScrypt({ cost, salt, separator, signerKey, bytes })
}
