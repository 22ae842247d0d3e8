import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Gate, Visit } from '../flow/gate.ts'
import type { RevocationFeed } from '../flow/revocations.ts'
import type { SessionState } from '../flow/session-state.ts'
import type { TokenLiveness } from '../flow/token-liveness.ts'
import type { Limits } from '../stores/limits.ts'
import type { Answer } from './answer.ts'
import type { BrowserCookies } from './browser-marks.ts'
import type { Clients } from './client-credentials.ts'
import type { Explaining } from './explaining.ts'
import type { SessionGate } from './session.ts'
import type { Surroundings } from './surroundings.ts'

/** What the HTTP side needs, made once by sallyport.ts. */
export type Web = {
  gate: Gate
  liveness: TokenLiveness
  revocations: RevocationFeed
  clients: Clients
  sessions: SessionGate
  browserCookies: BrowserCookies
  limits: Limits
  /** An origin. Links and the same-site check come from here, never from a request (security.md D10). */
  publicUrl: string
  /** Where an embedding application mounts the router; '' at the root. */
  mountPath: string
  corsOrigins: ReadonlySet<string>
  isTrustedProxy: (address: string, hop: number) => boolean
  surroundings: Surroundings
  development: boolean
  explaining: Explaining
  onRefusal: (refusal: Refusal) => void
  /** Development only: is told of every answer that has been written. */
  observe?: (observation: Observation) => void
}

export type Observation = { exchange: Exchange; answer: Answer }

export type Refusal = {
  exchange: Exchange
  status: number
  code: string
  cause: string | undefined
  fix: string
  /** What really happened, for the log only. */
  reason: unknown
}

/** One request on its way through the gate. */
export type Exchange = {
  web: Web
  req: IncomingMessage
  res: ServerResponse
  /** The path without the query, as the route tables spell it. */
  path: string
  params: Record<string, string>
  visit: Visit
  /** `anonymous` until the session was opened. */
  session: SessionState
}
