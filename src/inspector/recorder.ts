import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { InspectedParts } from '../dev-tools.ts'
import type { Observation } from '../middleware/exchange.ts'
import type { SessionRecord } from '../stores/session-record.ts'
import { hashSecret } from '../utils/secret.ts'
import { decisionsOf } from './decisions.ts'
import { describeCookie } from './describe-cookie.ts'
import { describeRequest } from './describe-request.ts'
import { describeCode, describeSession, isoTime } from './describe-session.ts'
import { describeToken, sessionOfToken } from './describe-token.ts'
import type { FlowShelf, Ties } from './flow-shelf.ts'
import { maskAddress } from './mask.ts'
import { describeOutcome } from './outcome.ts'
import { beginRecording, type Recording } from './recording.ts'
import { current } from './timing.ts'
import { stepOf } from './verdict.ts'
import type { FlowEvent } from './wire.ts'

export type Recorder = {
  /** `undefined` where a request is nobody's attempt to log in. */
  begin(req: IncomingMessage): Recording | undefined
  observe(observation: Observation): void
  /** Everything that was observed so far is on the shelf. */
  settled(): Promise<void>
}

/** Turns what the web answers into events of flows. It reads only, and what it does never holds an answer up. */
export function createRecorder(parts: InspectedParts, shelf: FlowShelf): Recorder {
  const { gate, web, stores } = parts
  let last: Promise<void> = Promise.resolve()
  gate.events.on((event) => {
    const recording = current.getStore()
    if (recording && recording.events.length < 20) recording.events.push(event)
  })
  watchSessions(web)
  return {
    begin(req) {
      if (isBackground(req.url ?? '')) return undefined
      const recording = beginRecording()
      const { secretHash } = web.sessions.judge(req)
      if (secretHash !== undefined) recording.before = find(stores, secretHash)
      return recording
    },
    observe(observation) {
      const recording = current.getStore()
      if (!recording) return
      recording.ms.all = performance.now() - recording.startedAt
      const keep = capture(parts, shelf, observation, recording)
      // In turn, so that events stand in the order of their answers.
      last = last.then(keep).catch((reason) => parts.onFault('inspector', reason))
    },
    async settled() {
      await last
    },
  }
}

/** What monitors, crawlers and browsers ask by themselves. */
function isBackground(url: string): boolean {
  return /^\/(_dev|healthz|readyz|openapi\.json|problems|\.well-known|favicon|apple-touch|robots\.txt)/.test(
    url,
  )
}

/** A store that fails has failed the request too, and that is what is recorded. */
function find(stores: InspectedParts['stores'], secretHash: string): Promise<SessionRecord | undefined> {
  const wanted = secretHash as Parameters<typeof stores.read.sessions.findBySecret>[0]
  return stores.read.sessions.findBySecret(wanted).catch(() => undefined)
}

/** Which session an answer opens is known by its secret alone, and only here. */
function watchSessions(web: InspectedParts['web']): void {
  const { open } = web.sessions
  web.sessions = {
    ...web.sessions,
    async open(req, res) {
      const opened = await open(req, res)
      return {
        ...opened,
        adopt(secret, state) {
          const recording = current.getStore()
          if (recording) recording.openedSecretHash = hashSecret(secret)
          opened.adopt(secret, state)
        },
      }
    },
  }
}

/** Takes at once what the request and the answer show; what the store says of them comes after. */
function capture(parts: InspectedParts, shelf: FlowShelf, observation: Observation, recording: Recording) {
  const { web, gate, stores } = parts
  const { exchange, answer } = observation
  const { req, res, visit, path } = exchange
  const now = gate.clock.now()
  const request = describeRequest(exchange)
  const judged = web.sessions.judge(req)
  const step = stepOf(path)
  const flowId = visit.flowId
  const client = `${req.socket.remoteAddress} ${req.headers['user-agent'] ?? ''}`
  const presented = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  const token = tokenOf(answer.body, presented)
  const address = addressOf(req)

  return async () => {
    const before = await recording.before
    const opened = recording.openedSecretHash
    const after = opened ? await find(stores, opened) : before && (await stores.read.sessions.find(before.id))
    const cookie = describeCookie(req, res, judged, describeSession(before, now)?.stage)
    const sessionId =
      after?.id ?? before?.id ?? sessionOfEvents(recording) ?? (presented && sessionOfToken(presented))
    const ties = { flowId, link: linkOf(before, recording, presented), sessionId, client }
    const joined = shelf.join({ ...ties, mayGuess: answer.status >= 400 && step !== 'login' })
    // What went well and is part of no login is nobody's question.
    if (!joined && step === null && answer.status < 400) return
    const { flow, link } = joined ?? {
      flow: shelf.begin(flowId, client, request.client),
      link: 'first' as const,
    }
    for (const session of [before, after]) if (session) flow.sessions.add(session.id)
    flow.challengeId = after?.challengeId ?? before?.challengeId ?? flow.challengeId
    flow.address ??= address
    const code = flow.challengeId === null ? undefined : await describeCode(stores, gate, flow.challengeId)
    const event: Omit<FlowEvent, 'seq'> = {
      flowId,
      at: isoTime(now),
      link,
      step,
      request,
      cookie,
      session: { before: describeSession(before, now), after: describeSession(after, now) },
      ...(code ? { code } : {}),
      ...(token ? { token: token.view } : {}),
      trace: decisionsOf(exchange, answer, cookie, recording.events),
      outcome: describeOutcome(observation, recording.ms),
    }
    shelf.add(flow, event, token?.kept)
  }
}

function linkOf(
  before: SessionRecord | undefined,
  { events }: Recording,
  presented: string | undefined,
): Ties['link'] {
  if (before) return 'session'
  if (events.some(({ type }) => type.startsWith('refresh.'))) return 'refresh-family'
  return presented === undefined ? undefined : 'token-sid'
}

function sessionOfEvents({ events }: Recording): string | undefined {
  return events.find(({ sessionId }) => sessionId !== undefined)?.sessionId
}

function tokenOf(body: unknown, presented: string | undefined) {
  const issued = (body as { accessToken?: unknown } | undefined)?.accessToken
  const value = typeof issued === 'string' ? issued : presented
  if (value === undefined) return undefined
  const handle = `token:${randomUUID()}`
  const view = describeToken(value, typeof issued === 'string' ? 'issued' : 'presented', handle)
  return view && { view, kept: { handle, value } }
}

/** Who logs in says so in the body. */
function addressOf(req: IncomingMessage): string | null {
  const { email } = (req as { body?: { email?: unknown } }).body ?? {}
  return typeof email === 'string' ? maskAddress(email) : null
}
