import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse as parseCookies } from 'cookie'
import type { BrowserMarks } from '../flow/gate.ts'
import type { Clock } from '../utils/clock.ts'
import { constantTimeEqual, hmac } from '../utils/secret.ts'

/**
 * Two cookies beside the session's. `known` says to which addresses this browser has logged in before, so that its password
 * tries are counted apart from a stranger's (the device cookie of OWASP); it opens nothing. `device` holds the secret of a trusted
 * device, which takes the place of a code and never of the password.
 */
export type BrowserCookies = {
  read(req: IncomingMessage): BrowserMarks
  /** This browser has logged in to the address; `anew` after what makes strangers of all browsers. */
  remember(req: IncomingMessage, res: ServerResponse, email: string, options?: { anew?: true }): void
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
  clock: Clock
}): BrowserCookies {
  const { keys, secure, trustedForMs, clock } = options
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
        knownAs: (email) => entryOf(readEntries(cookie(names.known)), keys, email)?.name,
        loggedInAt: (email) => entryOf(readEntries(cookie(names.known)), keys, email)?.at,
        get trustedSecret() {
          const secret = cookie(names.device)
          return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined
        },
      }
    },
    remember(req, res, email, options = {}) {
      const entries = readEntries(cookiesOf(req)[names.known])
      const known = entryOf(entries, [keys[0]], email)
      if (known && !options.anew) return
      const others = entries.filter((entry) => entryOf([entry], keys, email) === undefined)
      const at = clock.now()
      const name = `${at.toString(36)}-${randomBytes(12).toString('base64url')}`
      const kept = [{ name, at, mac: sign(keys[0], name, email) }, ...others].slice(0, mostKnown)
      set(res, names.known, kept.map((entry) => `${entry.name}.${entry.mac}`).join('~'), knownForSeconds)
    },
    keepTrusted: (res, secret) => set(res, names.device, secret, Math.floor(trustedForMs / 1_000)),
    dropTrusted: (res) => set(res, names.device, '', 0),
  }
}

/** `name` holds the time of the login, in ms, and a random part. */
type Entry = { name: string; at: number; mac: string }

function readEntries(value: string | undefined): Entry[] {
  if (value === undefined || value.length > 512) return []
  return value
    .split('~')
    .slice(0, mostKnown)
    .flatMap((entry) => {
      const match = /^(([0-9a-z]{1,11})-[\w-]{16})\.([\w-]{43})$/.exec(entry)
      if (!match) return []
      const [, name = '', at = '', mac = ''] = match
      return [{ name, at: Number.parseInt(at, 36), mac }]
    })
}

function entryOf(entries: Entry[], keys: Buffer[], email: string): Entry | undefined {
  return entries.find(({ name, mac }) => keys.some((key) => constantTimeEqual(sign(key, name, email), mac)))
}

function sign(key: Buffer, name: string, email: string): string {
  return hmac(key, `${name}|${email}`).toString('base64url')
}
