/** `@sallyport/verify/web`: whatever speaks Request and Response: route handlers of Next, Bun, Deno, Remix. */
import type { Auth, TokenResult } from './auth.ts'
import { type GuardOptions, rememberedVerifier, verifierOf } from './guard.ts'
import type { TokenProblem } from './problem.ts'

/** What is needed of a Request. */
export type RequestLike = { headers: { get(name: string): string | null } }

/**
 * Who calls. Give it the same options object each time.
 *
 * @throws TypeError when an option is wrong; a bad token is a result
 */
export async function authenticate(request: RequestLike, options: GuardOptions): Promise<TokenResult> {
  return rememberedVerifier(options).authenticate(linesOf(request))
}

/** The refusal as it goes out. */
export function problemResponse({ status, headers, body }: TokenProblem): Response {
  return new Response(body, { status, headers })
}

/** A handler that is called only for requests with a good token. Throws TypeError when an option is wrong. */
export function requireToken<Req extends RequestLike, Rest extends unknown[]>(
  options: GuardOptions,
  handler: (request: Req, auth: Auth, ...rest: Rest) => Response | Promise<Response>,
): (request: Req, ...rest: Rest) => Promise<Response> {
  const verifier = verifierOf(options)
  return async (request, ...rest) => {
    const result = await verifier.authenticate(linesOf(request))
    return result.ok ? handler(request, result.auth, ...rest) : problemResponse(result.problem)
  }
}

/** Two headers of one name are one line with a comma here, which is no token and is refused as two. */
export function linesOf(request: RequestLike): string[] {
  const line = request.headers.get('authorization')
  return line === null ? [] : [line]
}
