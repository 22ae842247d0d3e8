import type { GateEvent } from '../flow/events.ts'
import type { SessionRecord } from '../stores/session-record.ts'

/** What is gathered while a request is answered. */
export type Recording = {
  startedAt: number
  ms: Record<string, number>
  timing: boolean
  events: GateEvent[]
  before: Promise<SessionRecord | undefined>
  /** Of the session that the answer opens. */
  openedSecretHash: string | undefined
}

export function beginRecording(): Recording {
  return {
    startedAt: performance.now(),
    ms: {},
    timing: false,
    events: [],
    before: Promise.resolve(undefined),
    openedSecretHash: undefined,
  }
}
