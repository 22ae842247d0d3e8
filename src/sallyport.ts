import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler, Router } from 'express'
import type { EffectiveSettings } from './config/effective.ts'
import type { Settings } from './config/settings.ts'
import { type DevTools, openDevTools } from './dev-tools.ts'
import { createEmailOtp } from './factors/email-otp.ts'
import type { Gate } from './flow/gate.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createDevelopmentLog } from './log/development-log.ts'
import type { Log } from './log/log.ts'
import { createProductionLog } from './log/production-log.ts'
import { createEmbeddedGuards } from './middleware/embedding.ts'
import type { Web } from './middleware/exchange.ts'
import { createGate, type KeysFor } from './open-gate.ts'
import { jwksMaxAgeSeconds, jwksStaleSeconds, openKeyReaders, openKeys } from './open-keys.ts'
import { type Mailing, openMail } from './open-mail.ts'
import { openStores } from './open-stores.ts'
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
  /** Development: where each setting came from, to be shown. */
  effective?: () => EffectiveSettings
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
    /** Development only. */
    tools: DevTools | undefined
  }
}

/** Wires everything by hand: who needs whom can be read here from top to bottom. */
export async function createSallyport(
  settings: Settings,
  options: SallyportOptions = {},
): Promise<Sallyport> {
  const { print = console.log, mountPath = '', effective } = options
  const log = options.log ?? createLog(settings, print)
  const { clock, tools } = await openTime(settings, options, log)
  const keysFor = createKeys(settings)
  const opened = await openStores(settings, keysFor('audit'), (reason) => log.fault('store', reason))
  const { live, limits, failing } = opened
  const stores = tools ? tools.timed('store', opened.stores) : opened.stores
  const keys = await closeOnFailure(opened, openKeys(settings, stores, clock, keysFor('signing keys')))
  const keyReaders = await closeOnFailure(opened, openKeyReaders(settings, stores, keys, clock))
  const emailOtp = createEmailOtp({ keys: keysFor('one-time codes'), length: settings.otpLength })
  const mailedCodes = createMailedCodes(keysFor('mailed codes')[0])
  const codes = { emailOtp, mailedCodes }
  const mail = openMail({ settings, stores, clock, log, print, ...codes, inbox: tools?.inbox })
  const gate = createGate(settings, { stores, keys, ...codes, clock, log, keysFor, wakeMail: mail.wake })
  gate.events.on((event) => log.event(event))
  const rows = allRoutes({
    ...publicFacts(settings, mountPath),
    jwks: () => keys.jwks(),
    noteKeyReader: keyReaders.note,
    failing,
    notices: () => web.surroundings.notices(),
  })
  const routes = rows.map(({ method, path, guard }) => ({ method, path, reads: guard.reads }))
  const web = createWeb(settings, { gate, live, log, limits, keysFor, mountPath, keys, routes })
  const housekeeping = startHousekeeping({ stores, live, keys, keyReaders, clock, web, onFault: log.fault })
  const due = { wakeMail: mail.wake, afterClock: housekeeping.turn }
  tools?.attach({ settings, gate, web, keys, effective, stores: opened.stores, onFault: log.fault, ...due })

  return {
    router: createRouter(web, rows, tools),
    ...createEmbeddedGuards(web),
    failing,
    async close() {
      tools?.hangUp()
      await mail.stop()
      await housekeeping.stop()
      await opened.close()
    },
    inside: { gate, web, dispatch: createDispatch(web, rows, tools), mail, flushTouches: live.flush, tools },
  }
}

/** What the documents for machines say of the settings. */
function publicFacts({ publicUrl: issuer, clients }: Settings, mountPath: string) {
  const hasClients = clients.length > 0
  return { issuer, linkBase: `${issuer}${mountPath}`, jwksMaxAgeSeconds, jwksStaleSeconds, hasClients }
}

/** In development the clock can be moved, and so it belongs to the tools. */
async function openTime(settings: Settings, { clock = systemClock }: SallyportOptions, log: Log) {
  const tools = await openDevTools({ settings, clock, notice: log.notice })
  return { clock: tools?.clock ?? clock, tools }
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
