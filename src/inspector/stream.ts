import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KeptInbox } from './dev-inbox.ts'
import { type FlowShelf, summarize } from './flow-shelf.ts'

const heartbeatMs = 15_000
/** A page that was left open in many tabs must not hold every connection of a browser, or of this process. */
const mostStreams = 40

export type Stream = {
  /** Server-sent events from `Last-Event-ID` on. */
  open(req: IncomingMessage, res: ServerResponse, headers: Record<string, string>): void
  tell(name: 'clock' | 'mail'): void
  hangUp(): void
}

/**
 * Tells of flows that have changed, each as its newest summary: whoever was away gets each flow once, however much happened. An id is
 * `run-revision`; one of another run, or from before a clear, begins with `reset`.
 */
export function createStream(shelf: FlowShelf, inbox: KeptInbox): Stream {
  const run = randomBytes(4).toString('hex')
  const streams = new Set<ServerResponse>()
  let isOver = false
  let clearedAt = 0
  const id = (revision: number) => `${run}-${revision}`
  const send = (res: ServerResponse, name: string, data: unknown, revision = shelf.revision) =>
    res.write(`id: ${id(revision)}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  const sendAll = (name: string, data: unknown) => {
    for (const res of streams) send(res, name, data)
  }
  shelf.onChange((flow) => {
    if (!flow) clearedAt = shelf.revision
    sendAll(flow ? 'flow' : 'reset', flow ? summarize(flow) : {})
  })
  inbox.onMail(() => sendAll('mail', {}))
  const heart = setInterval(() => {
    for (const res of streams) res.write(': still here\n\n')
  }, heartbeatMs).unref()

  function resume(res: ServerResponse, lastId: string | undefined): void {
    const [lastRun, text = ''] = (lastId ?? '').split('-')
    const seen = Number.parseInt(text, 10)
    const isKnown = lastRun === run && seen >= clearedAt && seen <= shelf.revision
    if (!isKnown) send(res, 'reset', {}, 0)
    for (const flow of shelf.since(isKnown ? seen : 0).reverse())
      send(res, 'flow', summarize(flow), flow.revision)
  }

  return {
    open(req, res, headers) {
      if (isOver || streams.size >= mostStreams) {
        res.writeHead(503, { ...headers, 'Retry-After': '2' }).end()
        return
      }
      res.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream; charset=utf-8' })
      res.write('retry: 1000\n\n')
      const lastId = req.headers['last-event-id']
      resume(res, typeof lastId === 'string' ? lastId : undefined)
      streams.add(res)
      res.once('close', () => streams.delete(res))
    },
    tell: (name) => sendAll(name, {}),
    hangUp() {
      isOver = true
      clearInterval(heart)
      for (const res of streams) res.end()
    },
  }
}
