import type { Clock } from '../utils/clock.ts'
import { isoTime } from './describe-session.ts'
import { dotsOf, verdictOf } from './verdict.ts'
import type { FlowEvent, FlowSummary, Link } from './wire.ts'

/** ux.md 3.4, rule 6. Bytes of what is kept, tokens included. */
export const shelfLimits = { flows: 200, events: 100, bytes: 16_000_000 }

export type Flow = {
  id: string
  /** Ids under which single answers of it went out because nothing had joined them yet. */
  aliases: Set<string>
  client: string
  clientName: string
  address: string | null
  startedAt: number
  changedAt: number
  sessions: Set<string>
  challengeId: string | null
  /** Access tokens by their handle: told only to whoever asks for one. */
  tokens: Map<string, string>
  events: FlowEvent[]
  /** Of all events that came, the dropped ones too. */
  count: number
  bytes: number
  revision: number
}

/** What joins a request to a flow, in the order in which it is believed. */
export type Ties = {
  /** The flow of the answer. */
  flowId: string
  link: Exclude<Link, 'first' | 'guess'> | undefined
  sessionId: string | undefined
  client: string
  /** It was refused, and belongs to a login that came before. */
  mayGuess: boolean
}

/** Flows in memory, the newest last; the oldest give way. */
export class FlowShelf {
  readonly #flows = new Map<string, Flow>()
  readonly #clock: Clock
  readonly #guessWithinMs: number
  readonly #listeners: ((flow: Flow | undefined) => void)[] = []
  #bytes = 0
  #revision = 0

  constructor(clock: Clock, guessWithinMs: number) {
    this.#clock = clock
    this.#guessWithinMs = guessWithinMs
  }

  get revision(): number {
    return this.#revision
  }

  /** `undefined`: all of them are gone. */
  onChange(listener: (flow: Flow | undefined) => void): void {
    this.#listeners.push(listener)
  }

  find(id: string): Flow | undefined {
    return this.#flows.get(id) ?? this.#all().find(({ aliases }) => aliases.has(id))
  }

  /** Newest change first. */
  since(revision: number): Flow[] {
    return this.#all()
      .filter((flow) => flow.revision > revision)
      .sort((a, b) => b.revision - a.revision)
  }

  join(ties: Ties): { flow: Flow; link: Link } | undefined {
    const { sessionId, link = 'header' } = ties
    const known = this.find(ties.flowId)
    if (known) return { flow: known, link }
    const ofSession =
      sessionId === undefined ? undefined : this.#all().find((flow) => flow.sessions.has(sessionId))
    if (ofSession) return { flow: ofSession, link }
    const guessed = ties.mayGuess ? this.#newestOf(ties.client) : undefined
    return guessed && { flow: guessed, link: 'guess' }
  }

  begin(id: string, client: string, clientName: string): Flow {
    const now = this.#clock.now()
    const flow: Flow = {
      id,
      aliases: new Set(),
      client,
      clientName,
      address: null,
      startedAt: now,
      changedAt: now,
      sessions: new Set(),
      challengeId: null,
      tokens: new Map(),
      events: [],
      count: 0,
      bytes: 0,
      revision: 0,
    }
    this.#flows.set(id, flow)
    return flow
  }

  add(flow: Flow, event: Omit<FlowEvent, 'seq'>, token?: { handle: string; value: string }): void {
    flow.events.push({ ...event, seq: ++flow.count })
    if (event.flowId !== flow.id && flow.aliases.size < shelfLimits.events) flow.aliases.add(event.flowId)
    if (token) flow.tokens.set(token.handle, token.value)
    if (flow.events.length > shelfLimits.events) {
      const dropped = flow.events.shift()
      flow.tokens.delete(dropped?.token?.handle ?? '')
    }
    flow.changedAt = this.#clock.now()
    flow.revision = ++this.#revision
    this.#weigh(flow)
    this.#makeRoom(flow)
    for (const listener of this.#listeners) listener(flow)
  }

  token(handle: string): string | undefined {
    return this.#all()
      .find(({ tokens }) => tokens.has(handle))
      ?.tokens.get(handle)
  }

  clear(): void {
    this.#flows.clear()
    this.#bytes = 0
    this.#revision++
    for (const listener of this.#listeners) listener(undefined)
  }

  #all(): Flow[] {
    return [...this.#flows.values()]
  }

  #newestOf(client: string): Flow | undefined {
    const since = this.#clock.now() - this.#guessWithinMs
    return this.#all().findLast(
      (flow) => flow.client === client && flow.sessions.size > 0 && flow.changedAt >= since,
    )
  }

  #weigh(flow: Flow): void {
    const tokens = [...flow.tokens.values()].reduce((sum, token) => sum + token.length, 0)
    const bytes = Buffer.byteLength(JSON.stringify(flow.events)) + tokens
    this.#bytes += bytes - flow.bytes
    flow.bytes = bytes
  }

  #makeRoom(kept: Flow): void {
    for (const flow of this.#all()) {
      if (this.#flows.size <= shelfLimits.flows && this.#bytes <= shelfLimits.bytes) return
      if (flow === kept) continue
      this.#flows.delete(flow.id)
      this.#bytes -= flow.bytes
    }
  }
}

export function summarize(flow: Flow): FlowSummary {
  return {
    id: flow.id,
    startedAt: isoTime(flow.startedAt),
    changedAt: isoTime(flow.changedAt),
    address: flow.address,
    client: flow.clientName,
    dots: dotsOf(flow.events),
    ...verdictOf(flow.events),
    count: flow.count,
    revision: flow.revision,
  }
}
