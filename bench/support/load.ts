import { Connection, type Reply } from './connection.ts'
import type { Sample } from './sample.ts'

/** Where the requests come from. Each connection has one on its way at a time. */
export type Supply = {
  /** `undefined` when there is no more: the run ends before its time. */
  next(connection: number): Buffer | undefined
  took?(connection: number, body: string): void
}

export type LoadOptions = {
  ms: number
  /** What every body holds: an answer that says something else is no answer. */
  expects: string
  connections?: number
  /** Between an answer and the next request of the same connection. */
  pauseMs?: number
}

/** As many requests as so many connections get answered in this time. An answer other than the expected one ends it all. */
export async function load(ports: number[], supply: Supply, options: LoadOptions): Promise<Sample> {
  const { ms, expects, connections = 16, pauseMs } = options
  const lines = await Promise.all(
    Array.from({ length: connections }, (_, index) => Connection.open(ports[index % ports.length] as number)),
  )
  const latencies: number[] = []
  const start = performance.now()
  const deadline = start + ms
  let last = start
  let ranOut = false

  function keepBusy(line: Connection, index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        const sentAt = performance.now()
        if (sentAt >= deadline) return resolve()
        const request = supply.next(index)
        if (!request) {
          ranOut = true
          return resolve()
        }
        line.send(request, (reply) => take(reply, sentAt), reject)
      }
      const take = (reply: Reply, sentAt: number) => {
        if (reply.status !== 200 || !reply.body.includes(expects)) return reject(unexpected(reply))
        supply.took?.(index, reply.body)
        const now = performance.now()
        if (now <= deadline) {
          latencies.push(now - sentAt)
          last = now
        }
        if (pauseMs === undefined) next()
        else setTimeout(next, pauseMs)
      }
      next()
    })
  }

  try {
    await Promise.all(lines.map(keepBusy))
  } finally {
    for (const line of lines) line.close()
  }
  return { done: latencies.length, ms: ranOut ? last - start : ms, latencies }
}

function unexpected({ status, body }: Reply): Error {
  return new Error(`an answer that nobody asked for: ${status} ${body.slice(0, 500)}`)
}

/** The answers to these requests, in any order. */
export async function collect(ports: number[], requests: Buffer[], expects: string): Promise<string[]> {
  const bodies: string[] = []
  const supply = once(requests)
  await load(ports, { ...supply, took: (_, body) => void bodies.push(body) }, { ms: 120_000, expects })
  return bodies
}

/** The same requests over and over. */
export function cycle(requests: Buffer[]): Supply {
  let turn = 0
  return { next: () => requests[turn++ % requests.length] }
}

/** Each request once. */
export function once(requests: Buffer[]): Supply & { left(): number; refill(more: Buffer[]): void } {
  let stock = requests
  let turn = 0
  return {
    next: () => stock[turn++],
    left: () => Math.max(0, stock.length - turn),
    refill(more) {
      stock = [...stock.slice(turn), ...more]
      turn = 0
    },
  }
}
