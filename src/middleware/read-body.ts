import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import type { ZodType } from 'zod'
import { Problem } from '../problems/problem.ts'

/** Bytes. */
export const maxBody = 16_384
const maxDepth = 8
const maxKeys = 64

const parseJson = express.json({
  limit: maxBody,
  inflate: false,
  strict: false,
  type: () => true,
  verify: (_req, _res, bytes) => {
    if (!isUtf8(bytes)) throw Object.assign(new Error('not UTF-8'), { type: 'bad_utf8' })
  },
})

/**
 * Reads the body as JSON of the given shape. Unknown members are ignored, of duplicate ones the last counts (ASVS 1.5.3), and
 * nothing is converted: a number where text is asked for is refused (A-OTP-08).
 */
export async function readBody<Shape>(
  req: IncomingMessage,
  res: ServerResponse,
  shape: ZodType<Shape>,
  optional = false,
): Promise<Shape> {
  const json = hasBody(req) ? await readJson(req, res) : optional ? {} : undefined
  refuseExcess(json)
  const result = shape.safeParse(json)
  if (result.success) return result.data
  if (json === undefined) {
    throw new Problem('malformed_json', { detail: 'The request has no body.', cause: 'empty' })
  }
  const errors = result.error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ path: path.map(String), message }))
  throw new Problem('invalid_request', { extra: { errors } })
}

/** Refuses a body that a route takes none of, or of another type, before anything else looks at the request (A-CSRF-05). */
export function refuseOtherTypes(req: IncomingMessage, wanted: 'json' | 'form'): void {
  // Proxies forward the headers of a body with their GET sub-request, and nothing here reads a body of a GET.
  if (req.method === 'GET' || req.method === 'HEAD' || !hasBody(req)) return
  const type = req.headers['content-type'] ?? ''
  const encoding = req.headers['content-encoding'] ?? 'identity'
  if (mediaTypes[wanted].test(type) && encoding === 'identity') return
  const isOther = wanted === 'form' && encoding === 'identity'
  throw new Problem('unsupported_media_type', isOther ? { cause: 'form_wanted' } : {})
}

const mediaTypes = {
  json: /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i,
  form: /^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i,
}

export function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
}

async function readJson(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
  const parsed = (req as { body?: unknown }).body
  // An application's own parser was here before: what it left is what there is.
  const tooLarge = Number(req.headers['content-length'] ?? 0) > maxBody
  // Said before a byte is read: the parser would first wait for all of it.
  if (tooLarge) throw new Problem('payload_too_large')
  if (parsed !== undefined)
    return Buffer.isBuffer(parsed) || typeof parsed === 'string' ? parseText(parsed) : parsed
  await new Promise<void>((resolve, reject) => {
    const next = (reason?: unknown) => (reason ? reject(asProblem(reason)) : resolve())
    parseJson(req as Parameters<typeof parseJson>[0], res as Parameters<typeof parseJson>[1], next)
  })
  return (req as { body?: unknown }).body
}

function parseText(text: Buffer | string): unknown {
  try {
    return JSON.parse(text.toString())
  } catch (reason) {
    throw new Problem('malformed_json', {}, reason)
  }
}

export function asProblem(reason: unknown): Problem {
  if (reason instanceof Problem) return reason
  const { type } = reason as { type?: string }
  if (type === 'entity.too.large') return new Problem('payload_too_large', {}, reason)
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new Problem('unsupported_media_type', {}, reason)
  }
  if (type === 'bad_utf8')
    return new Problem('malformed_json', { detail: 'The body is not UTF-8.', cause: 'bad_utf8' })
  return new Problem('malformed_json', {}, reason)
}

/** Nothing here is deep or wide; what is, is meant to cost us time (A-DOS-03). */
function refuseExcess(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return
  const members = Object.values(value)
  if (depth >= maxDepth || members.length > maxKeys) {
    throw new Problem('malformed_json', {
      detail: `The body is nested deeper than ${maxDepth} levels or has more than ${maxKeys} members in one place.`,
      cause: 'too_complex',
    })
  }
  for (const member of members) refuseExcess(member, depth + 1)
}
