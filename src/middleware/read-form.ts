import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import type { ZodType } from 'zod'
import { Problem } from '../problems/problem.ts'
import { asProblem, hasBody, maxBody } from './read-body.ts'

/** Names and values of a form, each name once. */
export type Form = Record<string, unknown>

const maxPairs = 64

const readBytes = express.raw({ limit: maxBody, inflate: false, type: () => true })

/** Reads a body of application/x-www-form-urlencoded. A name that comes twice is refused (RFC 6749 3.2). */
export async function readForm(req: IncomingMessage, res: ServerResponse): Promise<Form> {
  if (!hasBody(req)) return {}
  if (Number(req.headers['content-length'] ?? 0) > maxBody) throw new Problem('payload_too_large')
  const { body } = req as { body?: unknown }
  // An application's own parser was here before: what it left is what there is.
  if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body)) return body as Form
  if (body === undefined) {
    await new Promise<void>((resolve, reject) => {
      const next = (reason?: unknown) => (reason ? reject(asProblem(reason)) : resolve())
      readBytes(req as Parameters<typeof readBytes>[0], res as Parameters<typeof readBytes>[1], next)
    })
  }
  return parseForm(Buffer.from((req as { body?: string | Buffer }).body ?? ''))
}

/** The form as a route wants it; what it does not know is ignored (RFC 6749 3.2). */
export function fitForm<Shape>(form: Form, shape: ZodType<Shape>): Shape {
  const result = shape.safeParse(form)
  if (result.success) return result.data
  const [name = ''] = result.error.issues[0]?.path.map(String) ?? []
  throw invalidForm(
    name,
    Object.hasOwn(form, name) ? `${name} is empty or no text.` : `The form has no ${name}.`,
  )
}

/** With the members of RFC 6749 5.2, for clients that read only those. @param name of a member that is ours, or '' */
export function invalidForm(name: string, detail: string): Problem {
  const errors = [{ path: name === '' ? [] : [name], message: detail }]
  return new Problem('invalid_request', {
    detail,
    extra: { errors, error: 'invalid_request', error_description: detail },
  })
}

function parseForm(bytes: Buffer): Form {
  if (!isUtf8(bytes)) throw invalidForm('', 'The form is not UTF-8.')
  const pairs = bytes
    .toString()
    .split('&', maxPairs + 1)
    .filter((pair) => pair !== '')
  if (pairs.length > maxPairs) throw invalidForm('', `The form has more than ${maxPairs} members.`)
  const form = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = decode(at === -1 ? pair : pair.slice(0, at))
    const value = decode(at === -1 ? '' : pair.slice(at + 1))
    if (name === undefined || value === undefined)
      throw invalidForm('', 'The form has a % that no two hexadecimal digits of UTF-8 follow.')
    if (form.has(name)) throw invalidForm('', 'A member of the form came more than once.')
    form.set(name, value)
  }
  return Object.fromEntries(form)
}

/** One part of application/x-www-form-urlencoded. `undefined` where it is none. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
