import type { EventContext } from '../flow/events.ts'
import type { Refusal } from '../middleware/exchange.ts'

/** An event as the log sees it: every type there is, and those that come. */
export type LoggedEvent = EventContext & { type: string; detail: Record<string, unknown> }

/** Where everything that happens is told to whoever runs the server. No secret ever comes here (ASVS 16.2.5). */
export interface Log {
  event(event: LoggedEvent): void
  refusal(refusal: Refusal): void
  /** Something that no caller is to blame for. */
  fault(where: string, reason: unknown): void
  notice(text: string): void
}
