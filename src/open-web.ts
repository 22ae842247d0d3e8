import type { Settings } from './config/settings.ts'
import type { Gate } from './flow/gate.ts'
import { logOut } from './flow/sessions.ts'
import { createTokenLiveness } from './flow/token-liveness.ts'
import type { Log } from './log/log.ts'
import { createBrowserCookies } from './middleware/browser-marks.ts'
import type { Web } from './middleware/exchange.ts'
import { createSessionGate } from './middleware/session.ts'
import { createProxyTrust } from './middleware/visit.ts'
import type { KeysFor } from './open-gate.ts'
import type { Limits } from './stores/limits.ts'
import type { LiveSessions } from './stores/live-sessions.ts'

/** The HTTP side of the gate. */
export function createWeb(
  settings: Settings,
  parts: { gate: Gate; live: LiveSessions; log: Log; limits: Limits; keysFor: KeysFor; mountPath: string },
): Web {
  const { gate, live, log, limits, keysFor, mountPath } = parts
  const liveness = createTokenLiveness({ find: gate.stores.read.sessions.find, clock: gate.clock })
  gate.events.on((event) => {
    const changed = event.type === 'session.ended' || event.type === 'email.changed'
    if (changed && event.sessionId !== undefined) liveness.forget(event.sessionId)
  })
  return {
    gate,
    liveness,
    limits,
    sessions: createSessionGate({
      live,
      clock: gate.clock,
      cookieKeys: keysFor('session cookie').map((key) => key.toString('base64url')),
      secure: settings.publicUrl.startsWith('https:'),
      maxAgeMs: settings.sessionTtlMs,
      logOut: (session) => logOut(gate, {}, session),
    }),
    browserCookies: createBrowserCookies({
      keys: keysFor('known browsers'),
      secure: settings.publicUrl.startsWith('https:'),
      trustedForMs: settings.trustedDeviceTtlMs,
      clock: gate.clock,
    }),
    publicUrl: settings.publicUrl,
    mountPath,
    corsOrigins: new Set(settings.corsOrigins),
    isTrustedProxy: createProxyTrust(settings.trustProxy),
    development: settings.mode === 'development',
    onRefusal(refusal) {
      try {
        log.refusal(refusal)
      } catch (reason) {
        // The refusal has been answered; a log that fails is a fault of its own.
        log.fault('log', reason)
      }
    },
  }
}
