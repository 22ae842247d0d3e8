/**
 * What only development has: the flow inspector, the inbox, the clock that can be moved (ux.md 3). All of it lives in inspector/,
 * which no build and no package holds; this file knows its shape, and finds it where the source is.
 */
import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { EffectiveSettings } from './config/effective.ts'
import type { Settings } from './config/settings.ts'
import type { Gate } from './flow/gate.ts'
import type { MailChannel } from './mail/channel.ts'
import type { Web } from './middleware/exchange.ts'
import type { Stores } from './stores/stores.ts'
import type { KeyRing } from './tokens/signing-keys.ts'
import type { Clock } from './utils/clock.ts'

/** The brief's own account. Development only: production has no default accounts (ASVS 6.3.2). */
export const developmentAccount = { email: 'test@test.com', password: '123456' }

export type InboxMail = { to: string; subject: string; code: string | null; sentAt: string }

export interface DevInbox extends MailChannel {
  /** Newest first. */
  list(to?: string): InboxMail[]
  /** The newest mail with a code (to that address); when there is none, waits for one. `undefined` when none came. */
  latest(options: { to?: string; waitMs: number }): Promise<InboxMail | undefined>
}

export type DevTools = {
  /** The clock of the whole server. */
  clock: Clock
  inbox: DevInbox
  /** The same part, whose time is told from that of others. */
  timed<Part extends object>(what: 'store' | 'hash' | 'sign', part: Part): Part
  /** Begins to record what the gate decides and the web answers. */
  attach(parts: InspectedParts): void
  /** Answers what is asked of the tools themselves, and lets everything else on. */
  serve(req: IncomingMessage, res: ServerResponse, next: () => boolean): boolean
  /** Ends what would keep a drain waiting. */
  hangUp(): void
}

export type InspectedParts = {
  settings: Settings
  gate: Gate
  web: Web
  /** Without the time that `timed` takes of them. */
  stores: Stores
  keys: KeyRing
  /** What the clock has moved past is due at once: this, and then `wakeMail`. */
  afterClock: () => Promise<void>
  wakeMail: () => void
  onFault: (where: string, reason: unknown) => void
  /** `undefined` where the settings did not come from an environment. */
  effective: (() => EffectiveSettings) | undefined
}

export type DevToolsOptions = {
  settings: Settings
  clock: Clock
  notice: (text: string) => void
}

/** `undefined` in production, and in an installed package, whose development goes on with codes in the terminal alone. */
export async function openDevTools(options: DevToolsOptions): Promise<DevTools | undefined> {
  if (options.settings.mode !== 'development') return undefined
  if (!existsSync(fileURLToPath(entry))) {
    options.notice('The flow inspector is not in this package: codes are shown here in the terminal.')
    return undefined
  }
  // The compiler must not follow this: what it finds, it builds.
  const { openInspector }: { openInspector: (given: DevToolsOptions) => DevTools } = await import(entry)
  return openInspector(options)
}

const entry = new URL('inspector/open-inspector.ts', import.meta.url).href
