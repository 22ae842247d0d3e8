import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse as parseCookies, serialize } from 'cookie'
import { sign, unsign } from 'cookie-signature'
import session, { type SessionData } from 'express-session'
import { type SessionState, sessionState } from '../flow/session-state.ts'
import { BoundedMap } from '../utils/bounded-map.ts'
import { createSecret, hashSecret, type SecretHash } from '../utils/secret.ts'
import { GateSessionStore, type SessionStoreOptions } from './session-store.ts'

export type SessionGate = {
  /** Reads the session of the request's cookie. */
  open(req: IncomingMessage, res: ServerResponse): Promise<OpenSession>
  /** As `open`, and gives `req.session` to an application that embeds us. */
  lend(req: IncomingMessage, res: ServerResponse): Promise<SessionState>
  /** What a request's cookie is worth before anybody asks whose session it is: for explaining a refusal. */
  judge(req: IncomingMessage): CookieJudgement
}

export type CookieJudgement = {
  /** The name of our cookie. */
  name: string
  verdict: 'none' | 'duplicate' | 'unsigned' | 'bad_signature' | 'signed'
  /** A cookie came under the name that ours has on the other of http and https. */
  hasOtherName: boolean
  secretHash: string | undefined
}

export type OpenSession = {
  state: SessionState
  /**
   * Goes on under the id of a session that a step has opened. Of several cookies this one is set last: clients that keep only the
   * last of them exist.
   */
  adopt(secret: string, state: SessionState): void
  /** Takes the cookie back. */
  drop(): void
}

export type SessionOptions = Omit<SessionStoreOptions, 'cookieAttributes'> & {
  /** The first signs cookies, all verify. */
  cookieKeys: string[]
  secure: boolean
}

/** A request as express-session sees it. */
type SessionRequest = IncomingMessage & {
  session?: (session.Session & Partial<SessionData>) | null
}

/**
 * One row per session id, which only the steps open and end. A request of ours reads its session, or goes on under another,
 * with the cookie of express-session and no more of it; an application that embeds us gets all of it, over our own store.
 */
export function createSessionGate(options: SessionOptions): SessionGate {
  const { live, clock, cookieKeys, secure, maxAgeMs } = options
  const [name = '', otherName = ''] = secure ? names.toReversed() : names
  const cookieAttributes = { httpOnly: true, sameSite: 'lax', path: '/', secure } as const
  const middleware = session({
    name,
    store: new GateSessionStore({ ...options, cookieAttributes }),
    secret: cookieKeys,
    resave: false,
    saveUninitialized: false,
    genid: createSecret,
    cookie: { ...cookieAttributes, maxAge: maxAgeMs },
  })
  const run = (req: SessionRequest, res: ServerResponse, next: (reason?: unknown) => void) =>
    middleware(req as Parameters<typeof middleware>[0], res as Parameters<typeof middleware>[1], next)

  const hashOf = rememberSignatures((header) => readSecret(header, name, cookieKeys))

  async function read(req: IncomingMessage): Promise<SessionState> {
    const secretHash = hashOf(req.headers.cookie)
    if (secretHash === undefined) return { stage: 'anonymous' }
    const record = await live.load(secretHash)
    const state = sessionState(record, clock.now())
    if (record && state.stage === 'verified') live.touch(secretHash, record, clock.now())
    return state
  }

  return {
    async open(req, res) {
      return {
        state: await read(req),
        adopt(secret) {
          const expires = new Date(Date.now() + maxAgeMs)
          const value = `s:${sign(secret, cookieKeys[0] as string)}`
          res.appendHeader('Set-Cookie', serialize(name, value, { ...cookieAttributes, expires }))
        },
        drop() {
          const attributes = `Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax`
          res.appendHeader('Set-Cookie', `${name}=; ${attributes}${secure ? '; Secure' : ''}`)
        },
      }
    },
    async lend(req, res) {
      const taken = (req as SessionRequest).session !== undefined
      const view = taken ? viewOf(req, secure) : asSecure(req, secure)
      await new Promise<void>((resolve, reject) => {
        run(view, res, (reason) => (reason ? reject(reason) : resolve()))
      })
      return view.session?.state ?? { stage: 'anonymous' }
    },
    judge({ headers: { cookie } }) {
      const hasOtherName = cookie !== undefined && valuesOf(cookie, otherName).length > 0
      const secret = readSecret(cookie, name, cookieKeys)
      const secretHash = secret === undefined ? undefined : hashSecret(secret)
      return { name, hasOtherName, secretHash, verdict: verdictOn(valuesOf(cookie ?? '', name), secret) }
    },
  }
}

const names = ['sallyport.sid', '__Host-sallyport.sid']

function verdictOn(values: string[], secret: string | undefined): CookieJudgement['verdict'] {
  if (values.length !== 1) return values.length === 0 ? 'none' : 'duplicate'
  if (secret !== undefined) return 'signed'
  return /^s(:|%3A)/i.test(values[0] ?? '') ? 'bad_signature' : 'unsigned'
}

/** Every value of a name in a Cookie header, as they stand there. */
function valuesOf(header: string, name: string): string[] {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/** As express-session does it, with its own libraries. Of two cookies of our name the first counts (ASVS 1.5.3). */
function readSecret(header: string | undefined, name: string, keys: string[]): string | undefined {
  const signed = header === undefined ? undefined : parseCookies(header)[name]
  if (!signed?.startsWith('s:')) return undefined
  for (const key of keys) {
    const secret = unsign(signed.slice(2), key)
    if (secret !== false) return secret
  }
  return undefined
}

/**
 * What a Cookie header was worth: one SHA-256 in place of an HMAC and of the parsing. By digest, so that a heap dump holds no
 * cookies. It says nothing of the session, which is asked of the store each time.
 */
function rememberSignatures(
  read: (header: string) => string | undefined,
): (header: string | undefined) => SecretHash | undefined {
  const known = new BoundedMap<string, SecretHash>(10_000)
  return (header) => {
    if (header === undefined) return undefined
    const digest = hash('sha256', header, 'base64url')
    const remembered = known.get(digest)
    if (remembered) return remembered
    const secret = read(header)
    if (secret === undefined) return undefined
    const secretHash = hashSecret(secret)
    known.set(digest, secretHash)
    return secretHash
  }
}

/**
 * A request of our own over the real one: where an application's own session middleware ran before, its `req.session` stays
 * its own (A-EMB-01).
 */
function viewOf(req: IncomingMessage, secure: boolean): SessionRequest {
  const view: SessionRequest = Object.create(req)
  for (const name of ['session', 'sessionID', 'sessionStore']) {
    Object.defineProperty(view, name, { value: undefined, writable: true, configurable: true })
  }
  return asSecure(view, secure)
}

/** Behind a TLS proxy the request itself is plain; PUBLIC_URL is what says that the cookie may be Secure. */
function asSecure(req: SessionRequest, secure: boolean): SessionRequest {
  return secure ? Object.defineProperty(req, 'secure', { value: true, configurable: true }) : req
}
