import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from './door.ts'

export type Asked = {
  req: IncomingMessage
  res: ServerResponse
  query: URLSearchParams
  params: string[]
  body: Record<string, unknown>
}

/** What an endpoint says. `undefined` where it has written its answer by itself. */
export type Said =
  | { status: number; body?: unknown; type?: string; headers?: Record<string, string> }
  | undefined

export type Endpoint = {
  method: 'GET' | 'POST' | 'DELETE'
  /** After `/_dev`. */
  path: RegExp
  access: Access
  answer: (asked: Asked) => Said | Promise<Said>
}

export function findEndpoint(endpoints: readonly Endpoint[], req: IncomingMessage) {
  const path = pathOf(req)
  const method = req.method === 'HEAD' ? 'GET' : req.method
  const endpoint = endpoints.find((each) => each.method === method && each.path.test(path))
  return endpoint && { endpoint, params: (endpoint.path.exec(path) ?? []).slice(1) }
}

export function isOfTools(req: IncomingMessage): boolean {
  return /^\/_dev(?:[/?]|$)/.test(req.url ?? '')
}

/** After `/_dev`, without the query. */
function pathOf(req: IncomingMessage): string {
  return ((req.url ?? '').split('?')[0] ?? '').slice('/_dev'.length)
}

export function queryOf(req: IncomingMessage): URLSearchParams {
  return new URL(req.url ?? '/', 'http://localhost').searchParams
}

/** The same address shows a page to a person and data to a script. */
export function wantsPage(req: IncomingMessage): boolean {
  const path = pathOf(req)
  if (req.method !== 'GET' && req.method !== 'HEAD') return false
  if (/^\/?$/.test(path)) return true
  return (
    /^\/(flows(\/[^/]+)?|inbox|try|state|config)$/.test(path) &&
    /\btext\/html\b/.test(req.headers.accept ?? '')
  )
}

const greatestBody = 16_384

/** A JSON object, or nothing. `undefined` for all else. */
export async function readObject(req: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const parsed = (req as { body?: unknown }).body
  if (typeof parsed === 'object' && parsed !== null && !Buffer.isBuffer(parsed))
    return parsed as Record<string, unknown>
  const text = Buffer.isBuffer(parsed) || typeof parsed === 'string' ? String(parsed) : await readText(req)
  if (text === undefined) return undefined
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

async function readText(req: IncomingMessage): Promise<string | undefined> {
  let text = ''
  for await (const chunk of req) {
    text += chunk
    if (text.length > greatestBody) return undefined
  }
  return text
}

export function ok(body: unknown): Said {
  return { status: 200, body }
}
