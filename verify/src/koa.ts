/** `@sallyport/verify/koa`: middleware for Koa. */
import { authorizationLines } from './bearer.ts'
import { type GuardOptions, verifierOf } from './guard.ts'
import type { TokenProblem } from './problem.ts'

/** What is needed of Koa's context. */
export type KoaContextLike = {
  req: { rawHeaders: string[] }
  state: object
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}
export type KoaMiddleware<Context> = (ctx: Context, next: () => Promise<unknown>) => Promise<unknown>

export type KoaOptions<Context> = GuardOptions & {
  /** Answers a refusal in the place of the guard. */
  onProblem?: (problem: TokenProblem, ctx: Context) => unknown
}

/** Leaves `ctx.state.auth`. Throws TypeError when an option is wrong. */
export function requireToken<Context extends KoaContextLike>(
  options: KoaOptions<Context>,
): KoaMiddleware<Context> {
  return middleware(options, false)
}

/** As `requireToken`, and a request without a token goes on. A bad token is still refused. */
export function optionalToken<Context extends KoaContextLike>(
  options: KoaOptions<Context>,
): KoaMiddleware<Context> {
  return middleware(options, true)
}

function middleware<Context extends KoaContextLike>(
  { onProblem = answer, ...options }: KoaOptions<Context>,
  isOptional: boolean,
): KoaMiddleware<Context> {
  const verifier = verifierOf(options as GuardOptions)
  return async (ctx, next) => {
    const result = await verifier.authenticate(authorizationLines(ctx.req.rawHeaders))
    if (result.ok) (ctx.state as { auth?: unknown }).auth = result.auth
    else if (!isOptional || result.problem.code !== 'bearer_missing') return onProblem(result.problem, ctx)
    return next()
  }
}

function answer({ status, headers, body }: TokenProblem, ctx: KoaContextLike): void {
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}
