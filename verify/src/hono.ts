/** `@sallyport/verify/hono`: middleware for Hono. */
import type { Auth } from './auth.ts'
import { type GuardOptions, verifierOf } from './guard.ts'
import type { TokenProblem } from './problem.ts'
import { linesOf, problemResponse, type RequestLike } from './web.ts'

/** `new Hono<{ Variables: AuthVariables }>()` gives `c.get('auth')` its type. */
export type AuthVariables = { auth: Auth }
export type OptionalAuthVariables = { auth?: Auth }

/** What is needed of Hono's context. */
export type HonoContextLike = { req: { raw: RequestLike }; set(name: 'auth', value: Auth): void }
export type HonoMiddleware<Context> = (
  context: Context,
  next: () => Promise<void>,
) => Promise<Response | undefined>

export type HonoOptions<Context> = GuardOptions & {
  /** Answers a refusal in the place of the guard. */
  onProblem?: (problem: TokenProblem, context: Context) => Response | Promise<Response>
}

/** Leaves `c.get('auth')`. Throws TypeError when an option is wrong. */
export function requireToken<Context extends HonoContextLike>(
  options: HonoOptions<Context>,
): HonoMiddleware<Context> {
  return middleware(options, false)
}

/** As `requireToken`, and a request without a token goes on. A bad token is still refused. */
export function optionalToken<Context extends HonoContextLike>(
  options: HonoOptions<Context>,
): HonoMiddleware<Context> {
  return middleware(options, true)
}

function middleware<Context extends HonoContextLike>(
  { onProblem = problemResponse, ...options }: HonoOptions<Context>,
  isOptional: boolean,
): HonoMiddleware<Context> {
  const verifier = verifierOf(options as GuardOptions)
  return async (context, next) => {
    const result = await verifier.authenticate(linesOf(context.req.raw))
    if (result.ok) context.set('auth', result.auth)
    else if (!isOptional || result.problem.code !== 'bearer_missing')
      return onProblem(result.problem, context)
    await next()
    return undefined
  }
}
