import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse as parseCookies } from 'cookie'
import type { BrowserMarks } from '../flow/gate.ts'
import { constantTimeEqual, hmac } from '../utils/secret.ts'

/**
 * Two cookies beside the session's. `known` says to which addresses this browser has logged in before, so that its password
 * tries are counted apart from a stranger's (the device cookie of OWASP); it opens nothing. `device` holds the secret of a trusted
 * device, which takes the place of a code and never of the password.
 */
export type BrowserCookies = {
  read(req: IncomingMessage): BrowserMarks
  /** This browser has logged in to the address. */
  remember(req: IncomingMessage, res: ServerResponse, email: string): void
  keepTrusted(res: ServerResponse, secret: string): void
  dropTrusted(res: ServerResponse): void
}

/** Of one browser. */
const mostKnown = 4
const knownForSeconds = 400 * 86_400

export function createBrowserCookies(options: {
  /** The first signs, all verify. */
  keys: [Buffer, ...Buffer[]]
  secure: boolean
  trustedForMs: number
}): BrowserCookies {
  const { keys, secure, trustedForMs } = options
  const prefix = secure ? '__Host-sallyport' : 'sallyport'
  const names = { known: `${prefix}.known`, device: `${prefix}.device` }
  const cookiesOf = ({ headers }: IncomingMessage) =>
    headers.cookie === undefined ? {} : parseCookies(headers.cookie)

  function set(res: ServerResponse, name: string, value: string, maxAgeSeconds: number): void {
    const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`
    res.appendHeader('Set-Cookie', `${name}=${value}; ${attributes}${secure ? '; Secure' : ''}`)
  }

  return {
    read(req) {
      let cookies: Record<string, string | undefined> | undefined
      const cookie = (name: string) => {
        cookies ??= cookiesOf(req)
        return cookies[name]
      }
      return {
        knownAs: (email) => knownName(readEntries(cookie(names.known)), keys, email),
        get trustedSecret() {
          const secret = cookie(names.device)
          return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined
        },
      }
    },
    remember(req, res, email) {
      const entries = readEntries(cookiesOf(req)[names.known])
      if (knownName(entries, [keys[0]], email) !== undefined) return
      const others = entries.filter((entry) => knownName([entry], keys, email) === undefined)
      const name = randomBytes(12).toString('base64url')
      const kept = [{ name, mac: sign(keys[0], name, email) }, ...others].slice(0, mostKnown)
      set(res, names.known, kept.map((entry) => `${entry.name}.${entry.mac}`).join('~'), knownForSeconds)
    },
    keepTrusted: (res, secret) => set(res, names.device, secret, Math.floor(trustedForMs / 1_000)),
    dropTrusted: (res) => set(res, names.device, '', 0),
  }
}

type Entry = { name: string; mac: string }

function readEntries(value: string | undefined): Entry[] {
  if (value === undefined || value.length > 512) return []
  return value
    .split('~')
    .slice(0, mostKnown)
    .flatMap((entry) => {
      const match = /^([\w-]{16})\.([\w-]{43})$/.exec(entry)
      return match ? [{ name: match[1] as string, mac: match[2] as string }] : []
    })
}

function knownName(entries: Entry[], keys: Buffer[], email: string): string | undefined {
  return entries.find(({ name, mac }) => keys.some((key) => constantTimeEqual(sign(key, name, email), mac)))
    ?.name
}

function sign(key: Buffer, name: string, email: string): string {
  return hmac(key, `${name}|${email}`).toString('base64url')
}
