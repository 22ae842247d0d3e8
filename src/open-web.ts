import type { Settings } from './config/settings.ts'
import type { Gate } from './flow/gate.ts'
import { createRevocationFeed } from './flow/revocations.ts'
import { logOut } from './flow/sessions.ts'
import { createTokenLiveness, type TokenLiveness } from './flow/token-liveness.ts'
import type { Log } from './log/log.ts'
import { createBrowserCookies } from './middleware/browser-marks.ts'
import { createClients } from './middleware/client-credentials.ts'
import type { Refusal, Web } from './middleware/exchange.ts'
import type { Explaining } from './middleware/explaining.ts'
import { recollectCookies, recollectRefreshes } from './middleware/recollect.ts'
import { createRecollection } from './middleware/recollection.ts'
import { createSessionGate } from './middleware/session.ts'
import { createSurroundings } from './middleware/surroundings.ts'
import { createProxyTrust } from './middleware/visit.ts'
import type { KeysFor } from './open-gate.ts'
import type { Limits } from './stores/limits.ts'
import type { LiveSessions } from './stores/live-sessions.ts'
import { createRevocationStatements } from './tokens/revocation-statement.ts'
import type { KeyRing } from './tokens/signing-keys.ts'

export type WebParts = Pick<Explaining, 'routes'> & {
  keys: KeyRing
  gate: Gate
  live: LiveSessions
  log: Log
  limits: Limits
  keysFor: KeysFor
  mountPath: string
}

/** The HTTP side of the gate. */
export function createWeb(settings: Settings, parts: WebParts): Web {
  const { gate, log, limits, keysFor, mountPath } = parts
  const secure = settings.publicUrl.startsWith('https:')
  const isTrustedProxy = createProxyTrust(settings.trustProxy)
  const visiting = {
    isTrustedProxy,
    surroundings: createSurroundings({ isTrusted: isTrustedProxy, tell: log.notice }),
    browserCookies: createBrowserCookies({
      keys: keysFor('known browsers'),
      secure,
      trustedForMs: settings.trustedDeviceTtlMs,
      clock: gate.clock,
    }),
  }
  const explaining = explainingOf(settings, parts)
  const { recollection } = explaining
  const sessions = openSessions(settings, parts)
  if (recollection) recollectRefreshes(recollection, gate.events)
  return {
    gate,
    liveness: openLiveness(gate),
    revocations: openRevocations(settings, parts),
    clients: createClients(settings.clients),
    limits,
    sessions: recollection ? recollectCookies(recollection, sessions, { ...visiting, gate }) : sessions,
    ...visiting,
    publicUrl: settings.publicUrl,
    mountPath,
    corsOrigins: new Set(settings.corsOrigins),
    development: settings.mode === 'development',
    explaining,
    onRefusal: (refusal) => logRefusal(log, refusal),
  }
}

function openLiveness(gate: Gate): TokenLiveness {
  const liveness = createTokenLiveness({ find: gate.stores.read.sessions.find, clock: gate.clock })
  gate.events.on((event) => {
    const changed = event.type === 'session.ended' || event.type === 'email.changed'
    if (changed && event.sessionId !== undefined) liveness.forget(event.sessionId)
  })
  return liveness
}

function openRevocations(settings: Settings, { gate, keys }: WebParts): Web['revocations'] {
  return createRevocationFeed({
    stores: gate.stores,
    statements: createRevocationStatements({ keys, issuer: settings.publicUrl }),
    clock: gate.clock,
    accessTokenTtlMs: settings.accessTokenTtlMs,
  })
}

function openSessions(settings: Settings, { gate, live, keysFor }: WebParts): Web['sessions'] {
  return createSessionGate({
    live,
    clock: gate.clock,
    cookieKeys: keysFor('session cookie').map((key) => key.toString('base64url')),
    secure: settings.publicUrl.startsWith('https:'),
    maxAgeMs: settings.sessionTtlMs,
    logOut: (session) => logOut(gate, {}, session),
  })
}

function explainingOf(settings: Settings, { gate, keys, routes }: WebParts): Explaining {
  const isDevelopment = settings.mode === 'development'
  return {
    routes,
    keys,
    audience: settings.tokenAudience,
    accessTokenTtlMs: settings.accessTokenTtlMs,
    recollection: isDevelopment ? createRecollection(gate.clock.now()) : undefined,
    hasInspector: false,
  }
}

function logRefusal(log: Log, refusal: Refusal): void {
  try {
    log.refusal(refusal)
  } catch (reason) {
    // The refusal has been answered; a log that fails is a fault of its own.
    log.fault('log', reason)
  }
}
