import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler, Router } from 'express'
import type { Settings } from './config/settings.ts'
import { createEmailOtp } from './factors/email-otp.ts'
import { createEvents } from './flow/events.ts'
import type { Gate } from './flow/gate.ts'
import { createTokenLiveness } from './flow/token-liveness.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createDevelopmentLog } from './log/development-log.ts'
import type { Log } from './log/log.ts'
import { createProductionLog } from './log/production-log.ts'
import type { DevInbox } from './mail/dev-inbox.ts'
import { createEmbeddedGuards } from './middleware/embedding.ts'
import type { Web } from './middleware/exchange.ts'
import { createSessionGate } from './middleware/session.ts'
import { createProxyTrust } from './middleware/visit.ts'
import { openMail } from './open-mail.ts'
import { openKeys, openStores } from './open-stores.ts'
import { createPasswordHasher } from './passwords/hash.ts'
import { allRoutes } from './routes/all-routes.ts'
import { createDispatch, createRouter } from './routes/router.ts'
import { createLiveSessions } from './stores/live-sessions.ts'
import { createAccessTokens } from './tokens/access-token.ts'
import { createRefreshTokens } from './tokens/refresh-token.ts'
import { type Clock, systemClock } from './utils/clock.ts'
import { codeBudget } from './utils/code-budget.ts'
import { deriveKey } from './utils/secret.ts'

export type SallyportOptions = {
  clock?: Clock
  log?: Log
  /** Development: where lines for people go. */
  print?: (line: string) => void
  /** Where the router is mounted in an embedding application, such as `/id`; links are made with it. */
  mountPath?: string
}

export type Sallyport = {
  /** Every route, to be mounted in an Express 5 app. */
  router: Router
  /** Express middleware for an application's own routes; leaves `req.auth`. */
  requireAccessToken: RequestHandler
  /** As `requireAccessToken`, for the session cookie. */
  requireSession: RequestHandler
  /** Names of the dependencies that don't answer. */
  failing: () => Promise<string[]>
  /** Ends what runs in the background, sends what is being sent, closes the store. */
  close: () => Promise<void>
  /** For server.ts, app.ts and tests. */
  inside: {
    gate: Gate
    web: Web
    /** The routes straight on node:http; false when the request is for Express. */
    dispatch: (req: IncomingMessage, res: ServerResponse) => boolean
    devInbox: DevInbox | undefined
    mailIdle: () => Promise<void>
  }
}

/** Seconds that verifiers may keep our public keys; a new key signs only after that. */
const jwksMaxAgeSeconds = 300

/** Wires everything by hand: who needs whom can be read here from top to bottom. */
export async function createSallyport(
  settings: Settings,
  options: SallyportOptions = {},
): Promise<Sallyport> {
  const clock = options.clock ?? systemClock
  const print = options.print ?? console.log
  const development = settings.mode === 'development'
  const log =
    options.log ?? (development ? createDevelopmentLog(print) : createProductionLog(settings.logLevel))
  const keysFor = (label: string) =>
    settings.sessionSecrets.map((secret) => deriveKey(secret, label)) as [Buffer, ...Buffer[]]

  const opened = await openStores(settings, keysFor('audit'), (reason) => log.fault('store', reason))
  const { stores, redis, limits } = opened
  const keys = await openKeys(settings, stores, clock, keysFor('signing keys'), jwksMaxAgeSeconds)
  const emailOtp = createEmailOtp({ keys: keysFor('one-time codes'), length: settings.otpLength })
  const mail = openMail({ settings, stores, clock, log, print, codeOf: emailOtp.codeOf })
  const live = createLiveSessions({
    database: stores.database,
    redis,
    idleTtlMs: settings.sessionIdleTtlMs,
    onFault: (reason) => log.fault('sessions', reason),
  })
  const events = createEvents((reason) => log.fault('listener', reason))
  const gate: Gate = {
    stores,
    clock,
    passwords: createPasswordHasher(),
    emailOtp,
    accessTokens: createAccessTokens({
      keys,
      issuer: settings.publicUrl,
      audience: settings.tokenAudience,
      ttlMs: settings.accessTokenTtlMs,
      clock,
    }),
    refreshTokens: createRefreshTokens(keysFor('refresh tokens')),
    events,
    rules: rulesOf(settings),
    wakeMail: mail.wake,
  }
  const liveness = createTokenLiveness({ find: stores.read.sessions.find, clock })
  events.on((event) => {
    if (event.type === 'session.ended' && event.sessionId !== undefined) liveness.forget(event.sessionId)
  })
  events.on((event) => log.event(event))
  const web: Web = {
    gate,
    liveness,
    limits,
    sessions: createSessionGate({
      live,
      clock,
      cookieKeys: keysFor('session cookie').map((key) => key.toString('base64url')),
      secure: settings.publicUrl.startsWith('https:'),
      maxAgeMs: settings.sessionTtlMs,
    }),
    publicUrl: settings.publicUrl,
    mountPath: options.mountPath ?? '',
    corsOrigins: new Set(settings.corsOrigins),
    isTrustedProxy: createProxyTrust(settings.trustProxy),
    development,
    onRefusal: log.refusal,
  }
  const failing = async () => ((await opened.answers()) ? [] : ['store'])
  const rows = allRoutes({
    publicUrl: settings.publicUrl,
    jwks: keys.jwks,
    jwksMaxAgeSeconds,
    failing,
    devInbox: mail.inbox,
  })
  const housekeeping = startHousekeeping({ stores, live, keys, clock, onFault: log.fault })

  return {
    router: createRouter(web, rows),
    ...createEmbeddedGuards(web),
    failing,
    async close() {
      await mail.stop()
      await housekeeping.stop()
      await opened.close()
    },
    inside: { gate, web, dispatch: createDispatch(web, rows), devInbox: mail.inbox, mailIdle: mail.idle },
  }
}

function rulesOf(settings: Settings): Gate['rules'] {
  return {
    codeBudget: codeBudget(settings),
    otpTtlMs: settings.otpTtlMs,
    otpResendAfterMs: settings.otpResendAfterMs,
    sessionIdleTtlMs: settings.sessionIdleTtlMs,
    sessionTtlMs: settings.sessionTtlMs,
    refreshTtlMs: settings.refreshTokenTtlMs,
    refreshGraceMs: settings.refreshGraceMs,
  }
}
