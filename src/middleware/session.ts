import type { IncomingMessage, ServerResponse } from 'node:http'
import session, { type SessionData } from 'express-session'
import { type SessionState, sessionState } from '../flow/session-state.ts'
import type { LiveSessions } from '../stores/live-sessions.ts'
import type { SessionRecord } from '../stores/sessions.ts'
import type { Clock } from '../utils/clock.ts'
import { createSecret, hashSecret } from '../utils/secret.ts'

declare module 'express-session' {
  interface SessionData {
    /** What Sallyport knows of this session. All other members are the application's own. */
    state: SessionState
  }
}

/** A request as express-session sees it. */
type SessionRequest = IncomingMessage & {
  session?: (session.Session & Partial<SessionData>) | null
  sessionID?: string
  [mintedSecret]?: string
}

const mintedSecret = Symbol('the session id that a step has opened')

export type SessionGate = {
  /** Reads the session of the request's cookie. */
  open(req: IncomingMessage, res: ServerResponse): Promise<OpenSession>
}

export type OpenSession = {
  state: SessionState
  /** Goes on under the id of a session that a step has opened; its cookie leaves with the answer. */
  adopt(secret: string, state: SessionState): void
  /** Takes the cookie back. */
  drop(): void
}

export type SessionOptions = {
  live: LiveSessions
  clock: Clock
  /** The first signs cookies, all verify. */
  cookieKeys: string[]
  secure: boolean
  maxAgeMs: number
}

/** express-session over our own store: one row per session id, which only the steps open and end. */
export function createSessionGate(options: SessionOptions): SessionGate {
  const name = options.secure ? '__Host-sallyport.sid' : 'sallyport.sid'
  const store = new GateSessionStore(options)
  const middleware = session({
    name,
    store,
    secret: options.cookieKeys,
    resave: false,
    saveUninitialized: false,
    genid: (req) => (req as SessionRequest)[mintedSecret] ?? createSecret(),
    cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: options.secure, maxAge: options.maxAgeMs },
  })

  return {
    async open(req, res) {
      const request = ownView(req, options.secure)
      await new Promise<void>((resolve, reject) => {
        const next = (reason?: unknown) => (reason ? reject(reason) : resolve())
        middleware(request as Parameters<typeof middleware>[0], res as Parameters<typeof middleware>[1], next)
      })
      return {
        state: request.session?.state ?? { stage: 'anonymous' },
        adopt(secret, state) {
          request[mintedSecret] = secret
          // Makes a new session object under the id that `genid` gives, which is the one the step has stored.
          ;(store as unknown as { generate(req: SessionRequest): void }).generate(request)
          if (request.session) request.session.state = state
        },
        drop() {
          request.session = null
          const attributes = `Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax`
          res.appendHeader('Set-Cookie', `${name}=; ${attributes}${options.secure ? '; Secure' : ''}`)
        },
      }
    },
  }
}

/**
 * Where an application's own session middleware ran before, its `req.session` stays its own: ours lives on a view of the
 * request (A-EMB-01). Behind a TLS proxy the request itself is plain, but PUBLIC_URL says that the cookie may be Secure.
 */
function ownView(req: IncomingMessage, secure: boolean): SessionRequest {
  const own = { value: undefined, writable: true, configurable: true }
  const taken = (req as SessionRequest).session !== undefined
  const view: SessionRequest = taken
    ? Object.create(req, { session: own, sessionID: own, sessionStore: own })
    : req
  if (secure) Object.defineProperty(view, 'secure', { value: true, configurable: true })
  return view
}

const maxDataLength = 16_384
const recordKey = Symbol('the stored row of a session')

/**
 * The Store that express-session wants. Stage, account and end of a session are never written here: only the steps do that,
 * in their transactions. What is written is the time of the last request and an application's own data.
 */
class GateSessionStore extends session.Store {
  readonly #options: SessionOptions

  constructor(options: SessionOptions) {
    super()
    this.#options = options
  }

  override get(secret: string, callback: (reason: unknown, data?: SessionData | null) => void): void {
    const { live, clock, maxAgeMs } = this.#options
    live.load(hashSecret(secret)).then(
      (record) => {
        if (!record) return callback(null, null)
        const data = {
          ...JSON.parse(record.data),
          cookie: { originalMaxAge: maxAgeMs },
          state: sessionState(record, clock.now()),
        }
        callback(null, Object.defineProperty(data, recordKey, { value: record }))
      },
      (reason) => callback(reason),
    )
  }

  override createSession(req: Parameters<session.Store['createSession']>[0], data: SessionData) {
    const made = super.createSession(req, data)
    const record = (data as unknown as { [recordKey]?: SessionRecord })[recordKey]
    return Object.defineProperty(made, recordKey, { value: record })
  }

  /** Keeps the application's own data, while the session is alive. */
  override set(secret: string, data: SessionData, callback: (reason?: unknown) => void = () => {}): void {
    const { cookie: _cookie, state, ...own } = data
    const text = JSON.stringify(own)
    const stored = (data as unknown as { [recordKey]?: SessionRecord })[recordKey]?.data ?? '{}'
    if (text === stored || state?.stage === 'ended') return callback()
    if (text.length > maxDataLength)
      return callback(new Error(`session data over ${maxDataLength} characters is not kept`))
    const { live, clock } = this.#options
    live.keepData(hashSecret(secret), text, clock.now()).then(() => callback(), callback)
  }

  override touch(secret: string, data: SessionData, callback: () => void = () => {}): void {
    const record = (data as unknown as { [recordKey]?: SessionRecord })[recordKey]
    const alive = record?.stage === 'verified' && data.state.stage === 'verified'
    if (alive) this.#options.live.touch(hashSecret(secret), record, this.#options.clock.now())
    callback()
  }

  /** Sessions end by a step, with a reason; express-session itself never asks for it here. */
  override destroy(_secret: string, callback: (reason?: unknown) => void = () => {}): void {
    callback()
  }
}
