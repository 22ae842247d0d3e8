import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler, Router } from 'express'
import type { Settings } from './config/settings.ts'
import { createEmailOtp } from './factors/email-otp.ts'
import type { Gate } from './flow/gate.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createDevelopmentLog } from './log/development-log.ts'
import type { Log } from './log/log.ts'
import { createProductionLog } from './log/production-log.ts'
import { createEmbeddedGuards } from './middleware/embedding.ts'
import type { Web } from './middleware/exchange.ts'
import { createGate, type KeysFor } from './open-gate.ts'
import { type Mailing, openMail } from './open-mail.ts'
import { jwksMaxAgeSeconds, openKeys, openStores } from './open-stores.ts'
import { createWeb } from './open-web.ts'
import { allRoutes } from './routes/all-routes.ts'
import { createDispatch, createRouter } from './routes/router.ts'
import { type Clock, systemClock } from './utils/clock.ts'
import { createMailedCodes } from './utils/mailed-code.ts'
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
  /** As `requireSession`, and the last code must not be older than STEP_UP_TTL. */
  requireRecentVerification: RequestHandler
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
    mail: Mailing
    flushTouches: () => Promise<void>
  }
}

/** Wires everything by hand: who needs whom can be read here from top to bottom. */
export async function createSallyport(
  settings: Settings,
  options: SallyportOptions = {},
): Promise<Sallyport> {
  const { clock = systemClock, print = console.log, mountPath = '' } = options
  const log = options.log ?? createLog(settings, print)
  const keysFor = createKeys(settings)
  const opened = await openStores(settings, keysFor('audit'), (reason) => log.fault('store', reason))
  const { stores, live, limits, failing } = opened
  const keys = await closeOnFailure(opened, openKeys(settings, stores, clock, keysFor('signing keys')))
  const emailOtp = createEmailOtp({ keys: keysFor('one-time codes'), length: settings.otpLength })
  const mailedCodes = createMailedCodes(keysFor('mailed codes')[0])
  const codes = { emailOtp, mailedCodes }
  const mail = openMail({ settings, stores, clock, log, print, ...codes })
  const gate = createGate(settings, { stores, keys, ...codes, clock, log, keysFor, wakeMail: mail.wake })
  gate.events.on((event) => log.event(event))
  const web = createWeb(settings, { gate, live, log, limits, keysFor, mountPath })
  const rows = allRoutes({
    issuer: settings.publicUrl,
    linkBase: `${settings.publicUrl}${web.mountPath}`,
    jwks: () => keys.jwks(),
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
    inside: { gate, web, dispatch: createDispatch(web, rows), mail, flushTouches: live.flush },
  }
}

/** Stores that were opened in vain would keep the lock of the embedded one. */
async function closeOnFailure<Result>(
  opened: { close(): Promise<void> },
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work
  } catch (reason) {
    await opened.close()
    throw reason
  }
}

function createLog(settings: Settings, print: (line: string) => void): Log {
  return settings.mode === 'development'
    ? createDevelopmentLog(print)
    : createProductionLog(settings.logLevel)
}

/** One key a use and session secret, in the order of the secrets: the first is used, the others are still understood. */
function createKeys(settings: Settings): KeysFor {
  return (label) => settings.sessionSecrets.map((secret) => deriveKey(secret, label)) as [Buffer, ...Buffer[]]
}
