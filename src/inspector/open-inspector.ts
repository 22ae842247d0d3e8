/** Development only: the entry point that dev-tools.ts finds where the source is (ux.md 3). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DevTools, DevToolsOptions, InspectedParts } from '../dev-tools.ts'
import { writeAnswer } from '../middleware/answer.ts'
import { writeProblem } from '../middleware/problem.ts'
import { openExchange } from '../routes/serve.ts'
import { readPage } from './assets.ts'
import { createDevInbox, type KeptInbox } from './dev-inbox.ts'
import { createDoor, type Door, whyClosed } from './door.ts'
import { findEndpoint, isOfTools, queryOf, readObject, wantsPage } from './endpoint.ts'
import { clockEndpoints } from './endpoints/clock.ts'
import { flowEndpoints, liveEndpoints } from './endpoints/flows.ts'
import { inboxEndpoints, mailEndpoints } from './endpoints/inbox.ts'
import { serverEndpoints } from './endpoints/server.ts'
import { FlowShelf } from './flow-shelf.ts'
import { pageHeaders } from './headers.ts'
import { watchLimits } from './limits-seen.ts'
import { createRecorder } from './recorder.ts'
import { createStream } from './stream.ts'
import { current, timed } from './timing.ts'
import type { Tools } from './tools.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export function openInspector({ settings, clock: real, notice }: DevToolsOptions): DevTools {
  const clock = createVirtualClock(real)
  const inbox = createDevInbox(clock)
  const why = whyClosed(settings)
  if (why !== undefined) {
    notice(`/_dev is off: ${why}.`)
    return closed(real, createDevInbox(real))
  }
  const door = createDoor(settings.devToolsKey)
  let tools: Tools | undefined
  let answer: (req: IncomingMessage, res: ServerResponse) => boolean = () => false
  const begun = new WeakSet<IncomingMessage>()
  return {
    clock,
    inbox,
    timed,
    attach(parts) {
      tools = openTools(parts, clock, inbox)
      answer = createAnswer(tools, door)
    },
    serve(req, res, next) {
      // The dispatch comes here first and Express after it, with the same request.
      if (!tools || begun.has(req)) return next()
      begun.add(req)
      if (isOfTools(req) && answer(req, res)) return true
      const recording = tools.recorder.begin(req)
      return recording ? current.run(recording, next) : next()
    },
    hangUp: () => tools?.stream.hangUp(),
  }
}

/** Codes can still be read by the process itself, and nobody else. */
function closed(clock: DevTools['clock'], inbox: KeptInbox): DevTools {
  return {
    clock,
    inbox,
    timed: (_what, part) => part,
    attach: () => {},
    serve: (_req, _res, next) => next(),
    hangUp: () => {},
  }
}

function openTools(parts: InspectedParts, clock: VirtualClock, inbox: KeptInbox): Tools {
  const { web, gate } = parts
  const shelf = new FlowShelf(clock, gate.rules.otpTtlMs)
  const limits = watchLimits(web.limits, clock)
  const recorder = createRecorder(parts, shelf)
  web.limits = limits.limits
  web.observe = recorder.observe
  web.explaining.hasInspector = true
  gate.passwords = timed('hash', gate.passwords)
  gate.accessTokens = timed('sign', gate.accessTokens)
  return { parts, clock, inbox, shelf, recorder, limits, stream: createStream(shelf, inbox) }
}

/** What is under /_dev beside the page itself (ux.md 3.2). */
const everything = [
  flowEndpoints,
  liveEndpoints,
  inboxEndpoints,
  mailEndpoints,
  clockEndpoints,
  serverEndpoints,
]

/** False when the request is for nobody here, or not from whom it should be: then it is as unknown as any other path. */
function createAnswer(tools: Tools, door: Door): (req: IncomingMessage, res: ServerResponse) => boolean {
  const { web } = tools.parts
  const endpoints = everything.flatMap((endpointsOf) => endpointsOf(tools))
  return (req, res) => {
    const exchange = openExchange(web, req, res, '/_dev')
    if (wantsPage(req)) {
      if (!door(req, 'page')) return false
      const body = readPage(`${web.mountPath}/_dev`)
      writeAnswer(exchange, { status: 200, body, type: 'text/html; charset=utf-8', headers: pageHeaders })
      return true
    }
    const found = findEndpoint(endpoints, req)
    if (!found || !door(req, found.endpoint.access)) return false
    const work = async () => {
      const body = await readObject(req)
      const said = await found.endpoint.answer({
        req,
        res,
        query: queryOf(req),
        params: found.params,
        body: body ?? {},
      })
      if (said) writeAnswer(exchange, said)
    }
    work().catch((thrown) => {
      if (!res.headersSent) writeProblem(exchange, thrown)
    })
    return true
  }
}
