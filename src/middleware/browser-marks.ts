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
  /** This browser has logged in to the address now: an older entry of it may be a stranger's since. */
  remember(req: IncomingMessage, res: ServerResponse, email: string): void
  keepTrusted(res: ServerResponse, secret: string): void
  dropTrusted(req: IncomingMessage, res: ServerResponse): void
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
      const entryFor = (email: string) => {
        const entry = entryOf(readEntries(cookie(names.known)), keys, email)
        // Whoever copied it keeps it for longer than a browser does.
        return entry && clock.now() - entry.at < knownForSeconds * 1_000 ? entry : undefined
      }
      return {
        knownAs: (email) => entryFor(email)?.name,
        loggedInAt: (email) => entryFor(email)?.at,
        get trustedSecret() {
          const secret = cookie(names.device)
          return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined
        },
      }
    },
    remember(req, res, email) {
      const entries = readEntries(cookiesOf(req)[names.known])
      const others = entries.filter((entry) => entryOf([entry], keys, email) === undefined)
      const at = clock.now()
      const name = `${at.toString(36)}-${randomBytes(12).toString('base64url')}`
      const kept = [{ name, at, mac: sign(keys[0], name, email) }, ...others].slice(0, mostKnown)
      set(res, names.known, kept.map((entry) => `${entry.name}.${entry.mac}`).join('~'), knownForSeconds)
    },
    keepTrusted: (res, secret) => set(res, names.device, secret, Math.floor(trustedForMs / 1_000)),
    dropTrusted(req, res) {
      if (cookiesOf(req)[names.device] !== undefined) set(res, names.device, '', 0)
    },
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
