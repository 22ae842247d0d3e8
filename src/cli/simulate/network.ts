import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { membersOf } from '../visitor.ts'
import type { Draw } from './draws.ts'

export type Question = {
  /** Whose it is, in words. */
  who: string
  method: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: Record<string, unknown>
}

export type Answer = {
  status: number
  members: Record<string, unknown>
  headers: IncomingMessage['headers']
  /** From the first byte sent to the last one received, without the delays that the network adds. */
  ms: number
}

/** What the client sees of a request. */
export type Crossing =
  | { kind: 'answered'; answer: Answer }
  /** It never left. */
  | { kind: 'request_lost' }
  /** The server worked and nobody heard of it; `mayLinger`: it may still be at work. */
  | { kind: 'reply_lost'; mayLinger: boolean }
  /** Not of our making. */
  | { kind: 'broken'; why: string }

export type NetworkOptions = {
  url: string
  /** 0 to 1: the share of requests that get no reply. */
  loss: number
  /** Each way takes up to this long more. */
  latencyMs: number
  signal: AbortSignal
  /** Hears of each reply that came, also of one that its client is not given. */
  overhear: (question: Question, answer: Answer) => void
}

export type Network = { cross(question: Question, draw: Draw): Promise<Crossing> }

const timeoutMs = 10_000

/**
 * A bad network before a server. Of the losses one half never leaves; of the other half the request is written whole and the
 * server does its work: then either the connection is destroyed at once, or the reply is read and thrown away.
 */
export function createNetwork({ url, loss, latencyMs, signal, overhear }: NetworkOptions): Network {
  return {
    async cross(question, draw) {
      const fate = draw()
      const [there, back] = [draw() * latencyMs, draw() * latencyMs]
      await sleep(there, undefined, { signal })
      if (fate < loss / 2) return { kind: 'request_lost' }
      const isCut = fate < loss * 0.75
      const outcome = await ask(url, question, { signal, cutAtFlush: fate < loss && isCut })
      if (outcome === 'cut') return { kind: 'reply_lost', mayLinger: true }
      if (outcome instanceof Error) {
        signal.throwIfAborted()
        return { kind: 'broken', why: outcome.message }
      }
      overhear(question, outcome)
      if (fate < loss) return { kind: 'reply_lost', mayLinger: false }
      await sleep(back, undefined, { signal })
      return { kind: 'answered', answer: outcome }
    },
  }
}

type AskOptions = { signal: AbortSignal; cutAtFlush: boolean }

/** A connection of its own for each request: one that was cut takes no other with it. */
function ask(url: string, question: Question, options: AskOptions): Promise<Answer | 'cut' | Error> {
  const { method, path, headers = {}, body } = question
  const open = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve) => {
    const request = open(`${url}${path}`, {
      method,
      headers: { 'user-agent': 'sallyport-cli', ...typeOf(body), ...headers },
      agent: false,
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
    })
    const startedAt = performance.now()
    request.on('error', resolve)
    request.on('response', (response) => {
      read(response, startedAt).then(resolve, resolve)
    })
    // Called once the operating system has all of it: from there on the server gets it, whatever becomes of us.
    request.end(body === undefined ? undefined : JSON.stringify(body), () => {
      if (!options.cutAtFlush) return
      resolve('cut')
      request.destroy()
    })
  })
}

function typeOf(body: Question['body']): Record<string, string> {
  return body === undefined ? {} : { 'content-type': 'application/json' }
}

async function read(response: IncomingMessage, startedAt: number): Promise<Answer> {
  const members = membersOf(await text(response))
  const { statusCode: status = 0, headers } = response
  return { status, members, headers, ms: performance.now() - startedAt }
}
