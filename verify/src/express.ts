import './express-request.ts'
import type { TokenResult } from './auth.ts'
import { authorizationLines } from './bearer.ts'
import { type GuardOptions, verifierOf } from './guard.ts'
import type { TokenProblem } from './problem.ts'

/** What is needed of a request and a response of Express 5, which are those of node:http. */
export type ExpressRequest = { rawHeaders: string[] }
export type ExpressResponse = {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body?: string): unknown
}
export type ExpressMiddleware<Req = ExpressRequest, Res = ExpressResponse> = (
  req: Req,
  res: Res,
  next: (reason?: unknown) => void,
) => void

export type ExpressOptions<Req = ExpressRequest, Res = ExpressResponse> = GuardOptions & {
  /** Answers a refusal in the place of the guard. */
  onProblem?: (problem: TokenProblem, req: Req, res: Res) => void
}

/**
 * Lets requests with a good token in and leaves `req.auth`; answers all others with a problem body (RFC 9457) and the challenge of
 * RFC 6750.
 *
 * @throws TypeError when an option is wrong
 */
export function requireToken<Req extends ExpressRequest, Res extends ExpressResponse>(
  options: ExpressOptions<Req, Res>,
): ExpressMiddleware<Req, Res> {
  return guard(options, false)
}

/** As `requireToken`, and a request without a token goes on without `req.auth`. A bad token is still refused. */
export function optionalToken<Req extends ExpressRequest, Res extends ExpressResponse>(
  options: ExpressOptions<Req, Res>,
): ExpressMiddleware<Req, Res> {
  return guard(options, true)
}

function guard<Req extends ExpressRequest, Res extends ExpressResponse>(
  { onProblem = answer, ...options }: ExpressOptions<Req, Res>,
  isOptional: boolean,
): ExpressMiddleware<Req, Res> {
  const verifier = verifierOf(options as GuardOptions)
  return (req, res, next) => {
    const result = verifier.authenticate(authorizationLines(req.rawHeaders))
    if (result instanceof Promise) result.then(settle).catch(next)
    else settle(result)

    function settle(found: TokenResult): void {
      if (found.ok) (req as { auth?: unknown }).auth = found.auth
      else if (!isOptional || found.problem.code !== 'bearer_missing') {
        onProblem(found.problem, req, res)
        return
      }
      next()
    }
  }
}

function answer({ status, headers, body }: TokenProblem, _req: unknown, res: ExpressResponse): void {
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.end(body)
}
