import session, { type SessionData } from 'express-session'
import { type SessionState, sessionState } from '../flow/session-state.ts'
import type { LiveSession, LiveSessions } from '../stores/live-sessions.ts'
import type { Clock } from '../utils/clock.ts'
import { hashSecret } from '../utils/secret.ts'

declare module 'express-session' {
  interface SessionData {
    /** What Sallyport knows of this session. All other members are the application's own. */
    state: SessionState
  }
}

export type CookieAttributes = { httpOnly: true; sameSite: 'lax'; path: '/'; secure: boolean }

export type SessionStoreOptions = {
  live: LiveSessions
  clock: Clock
  maxAgeMs: number
  cookieAttributes: CookieAttributes
  /** Ends a session as a logout does: for an application that calls `req.session.destroy()` or `regenerate()`. */
  logOut: (session: { accountId: string | null; sessionId: string }) => Promise<void>
}

const maxDataLength = 16_384
const recordKey = Symbol('the stored row of a session')

/**
 * The Store that express-session wants. Stage, account and end of a session are never written here: only the steps do that,
 * in their transactions. What is written is the time of the last request and an application's own data.
 */
export class GateSessionStore extends session.Store {
  readonly #options: SessionStoreOptions

  constructor(options: SessionStoreOptions) {
    super()
    this.#options = options
  }

  override get(secret: string, callback: (reason: unknown, data?: SessionData | null) => void): void {
    const { live, clock, maxAgeMs, cookieAttributes } = this.#options
    const inflate = (record: LiveSession | undefined): SessionData | null => {
      if (!record) return null
      // express-session sends it again when an application changes its data: with every attribute, or browsers drop it.
      const cookie = { originalMaxAge: maxAgeMs, ...cookieAttributes }
      const data = { ...JSON.parse(record.data), cookie, state: sessionState(record, clock.now()) }
      return Object.defineProperty(data, recordKey, { value: record })
    }
    live
      .load(hashSecret(secret))
      .then(inflate)
      .then((data) => callback(null, data), callback)
  }

  override createSession(req: Parameters<session.Store['createSession']>[0], data: SessionData) {
    const made = super.createSession(req, data)
    const record = (data as unknown as { [recordKey]?: LiveSession })[recordKey]
    return Object.defineProperty(made, recordKey, { value: record })
  }

  /** Keeps the application's own data, while the session is alive. */
  override set(secret: string, data: SessionData, callback: (reason?: unknown) => void = () => {}): void {
    const { cookie: _cookie, state, ...own } = data
    const text = JSON.stringify(own)
    const stored = (data as unknown as { [recordKey]?: LiveSession })[recordKey]?.data ?? '{}'
    if (text === stored || state?.stage === 'ended') {
      callback()
      return
    }
    if (text.length > maxDataLength) {
      callback(new Error(`session data over ${maxDataLength} characters is not kept`))
      return
    }
    const { live, clock } = this.#options
    live.keepData(hashSecret(secret), text, clock.now()).then(() => callback(), callback)
  }

  override touch(secret: string, data: SessionData, callback: () => void = () => {}): void {
    const record = (data as unknown as { [recordKey]?: LiveSession })[recordKey]
    const alive = record?.stage === 'verified' && data.state.stage === 'verified'
    if (alive) this.#options.live.touch(hashSecret(secret), record, this.#options.clock.now())
    callback()
  }

  override destroy(secret: string, callback: (reason?: unknown) => void = () => {}): void {
    const { live, logOut } = this.#options
    live
      .load(hashSecret(secret))
      .then((record) => record && logOut({ accountId: record.accountId, sessionId: record.id }))
      .then(() => callback(), callback)
  }
}
