import type { Settings } from './config/settings.ts'
import { createEvents } from './flow/events.ts'
import type { Gate } from './flow/gate.ts'
import type { Log } from './log/log.ts'
import { createPasswordHasher } from './passwords/hash.ts'
import { createPasswordPolicy } from './passwords/policy.ts'
import { createAccessTokens } from './tokens/access-token.ts'
import { createRefreshTokens } from './tokens/refresh-token.ts'
import type { KeyRing } from './tokens/signing-keys.ts'
import { addressCodeBudget, codeBudget } from './utils/code-budget.ts'

export type KeysFor = (label: string) => [Buffer, ...Buffer[]]

/** What the steps of the flow are given. */
export function createGate(
  settings: Settings,
  parts: Pick<Gate, 'stores' | 'emailOtp' | 'mailedCodes' | 'clock' | 'wakeMail'> & {
    keys: KeyRing
    log: Log
    keysFor: KeysFor
  },
): Gate {
  const { keys, log, keysFor, ...rest } = parts
  const events = createEvents((reason) => log.fault('listener', reason))
  return {
    ...rest,
    passwords: createPasswordHasher(),
    policy: createPasswordPolicy({
      productName: 'Sallyport',
      publicUrl: settings.publicUrl,
      breached: settings.breachedPasswords,
      onEvent: (event) => events.emit({ at: parts.clock.now(), ...event }),
    }),
    accessTokens: createAccessTokens({
      keys,
      issuer: settings.publicUrl,
      audience: settings.tokenAudience,
      ttlMs: settings.accessTokenTtlMs,
      clock: parts.clock,
    }),
    refreshTokens: createRefreshTokens(keysFor('refresh tokens')),
    events,
    rules: rulesOf(settings),
  }
}

function rulesOf(settings: Settings): Gate['rules'] {
  return {
    registration: settings.registration,
    codeBudget: codeBudget(settings),
    addressCodeBudget: addressCodeBudget(settings),
    codesPerHour: settings.rateLimits ? 100 : undefined,
    isMailLimited: settings.rateLimits,
    stepUpTtlMs: settings.stepUpTtlMs,
    trustedDeviceTtlMs: settings.trustedDeviceTtlMs,
    otpTtlMs: settings.otpTtlMs,
    otpResendAfterMs: settings.otpResendAfterMs,
    sessionIdleTtlMs: settings.sessionIdleTtlMs,
    sessionTtlMs: settings.sessionTtlMs,
    refreshTtlMs: settings.refreshTokenTtlMs,
    refreshGraceMs: settings.refreshGraceMs,
  }
}
