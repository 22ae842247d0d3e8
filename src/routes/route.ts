import type { z } from 'zod'
import type { Visit } from '../flow/gate.ts'
import type { Answer } from '../middleware/answer.ts'
import type { Guard } from '../middleware/auth.middleware.ts'
import type { Exchange } from '../middleware/exchange.ts'
import type { RouteLimit } from '../middleware/rate-limit.ts'
import type { OpenSession } from '../middleware/session.ts'
import type { ProblemCode } from '../problems/catalogue.ts'

/** What a handler is given. */
export type Call<Admitted, Body> = {
  exchange: Exchange
  visit: Visit
  /** What the guard admitted. */
  caller: Admitted
  body: Body
  params: Record<string, string>
  /** Only where the guard reads the session. */
  cookie: OpenSession
}

/**
 * A row of a route table: everything that is policy about a route, in one place. The Express router, the dispatch on node:http
 * and the API description are made from the same rows.
 */
export type Route<Admitted = unknown, Body = unknown> = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  summary: string
  guard: Guard<Admitted>
  limits?: RouteLimit[]
  /** The shape of the body; without one the route takes none. */
  body?: z.ZodType<Body>
  /** An empty body counts as `{}`. */
  bodyOptional?: boolean
  /** What the query may have, each with its meaning. */
  query?: Record<string, string>
  /** `type` where it is not JSON. */
  answers: { status: number; description: string; shape?: z.ZodType; type?: string }
  /** What this route refuses beyond what its guard and body bring with them. */
  refuses?: ProblemCode[]
  handle: (call: Call<Admitted, Body>) => Answer | Promise<Answer>
}

/** Lets a row's handler know the types of its own guard and body, and forgets them for the table. */
export function route<Admitted, Body>(row: Route<Admitted, Body>): Route {
  return row as unknown as Route
}
