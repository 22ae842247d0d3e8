/** `@sallyport/verify/fastify`: a hook for Fastify 5, as `onRequest` or `preHandler`. */
import type { TokenResult } from './auth.ts'
import { authorizationLines } from './bearer.ts'
import { type GuardOptions, verifierOf } from './guard.ts'
import type { TokenProblem } from './problem.ts'

export { authOf } from './auth.ts'

/** What is needed of Fastify's request and reply. */
export type FastifyRequestLike = { raw: { rawHeaders: string[] } }
export type FastifyReplyLike = {
  code(status: number): unknown
  headers(values: Record<string, string>): unknown
  send(body?: unknown): unknown
}
export type FastifyHook = (
  request: FastifyRequestLike,
  reply: FastifyReplyLike,
  done: (reason?: Error) => void,
) => void

export type FastifyOptions = GuardOptions & {
  /** Answers a refusal in the place of the guard. */
  onProblem?: (problem: TokenProblem, request: FastifyRequestLike, reply: FastifyReplyLike) => void
}

/** Leaves `request.auth`, which `authOf(request)` reads with its type. Throws TypeError when an option is wrong. */
export function requireToken(options: FastifyOptions): FastifyHook {
  return hook(options, false)
}

/** As `requireToken`, and a request without a token goes on. A bad token is still refused. */
export function optionalToken(options: FastifyOptions): FastifyHook {
  return hook(options, true)
}

function hook({ onProblem = answer, ...options }: FastifyOptions, isOptional: boolean): FastifyHook {
  const verifier = verifierOf(options as GuardOptions)
  return (request, reply, done) => {
    const result = verifier.authenticate(authorizationLines(request.raw.rawHeaders))
    if (result instanceof Promise) result.then(settle).catch(done)
    else settle(result)

    function settle(found: TokenResult): void {
      if (found.ok) (request as { auth?: unknown }).auth = found.auth
      else if (!isOptional || found.problem.code !== 'bearer_missing') {
        onProblem(found.problem, request, reply)
        return
      }
      done()
    }
  }
}

function answer({ status, headers, body }: TokenProblem, _request: unknown, reply: FastifyReplyLike): void {
  reply.code(status)
  reply.headers(headers)
  reply.send(body)
}
