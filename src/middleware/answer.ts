import type { ServerResponse } from 'node:http'
import type { Exchange } from './exchange.ts'
import { securityHeaders } from './security-headers.ts'

/** What a handler gives back. `body` is JSON unless `type` says otherwise. */
export type Answer = {
  status: number
  body?: unknown
  type?: string
  headers?: Record<string, string>
  /** Of a refusal: what it says, whatever it is written as. For who observes. */
  refusal?: { body: Record<string, unknown>; thrown: Error }
}

const plainHeaders = securityHeaders(false)
const secureHeaders = securityHeaders(true)

/** The one writer of answers. */
export function writeAnswer(exchange: Exchange, answer: Answer): void {
  const { res, web, visit } = exchange
  // The deadline has answered already, or the client has gone.
  if (res.headersSent || res.destroyed) return
  const headers: Record<string, string | number> = {
    ...(web.publicUrl.startsWith('https:') ? secureHeaders : plainHeaders),
    Vary: 'Origin',
    'X-Flow-Id': visit.flowId,
    ...answer.headers,
  }
  if (answer.body === undefined) end(res, answer.status, headers, '')
  else {
    const text = answer.type === undefined ? JSON.stringify(answer.body) : String(answer.body)
    headers['Content-Type'] = answer.type ?? 'application/json; charset=utf-8'
    headers['Content-Length'] = Buffer.byteLength(text)
    end(res, answer.status, headers, text)
  }
  web.observe?.({ exchange, answer })
}

function end(
  res: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  text: string,
): void {
  // 204 has no body and so no length, and 304 not that of another answer (RFC 9110 8.6).
  if (text === '' && status !== 204 && status !== 304) headers['Content-Length'] = 0
  res.writeHead(status, headers)
  res.end(text)
}
