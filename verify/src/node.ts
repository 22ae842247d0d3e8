/** `@sallyport/verify/node`: node:http without a framework, and the upgrade to a WebSocket. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Auth, TokenResult } from './auth.ts'
import { authorizationLines } from './bearer.ts'
import { type GuardOptions, rememberedVerifier, verifierOf } from './guard.ts'
import type { TokenProblem } from './problem.ts'

export type NodeOptions = GuardOptions & {
  /** Answers a refusal in the place of the guard. */
  onProblem?: (problem: TokenProblem, req: IncomingMessage, res: ServerResponse) => void
}
export type NodeListener = (req: IncomingMessage, res: ServerResponse) => void
export type NodeHandler<Caller> = (req: IncomingMessage, res: ServerResponse, auth: Caller) => unknown

/**
 * A listener that calls the handler only for requests with a good token. What an asynchronous handler rejects with is yours to
 * catch, as without a guard.
 *
 * @throws TypeError when an option is wrong
 */
export function requireToken(options: NodeOptions, handler: NodeHandler<Auth>): NodeListener {
  return listener(options, (req, res, result) => {
    if (result.ok) return handler(req, res, result.auth)
    return (options.onProblem ?? sendProblem)(result.problem, req, res)
  })
}

/** As `requireToken`, and a request without a token reaches the handler too. A bad token is still refused. */
export function optionalToken(options: NodeOptions, handler: NodeHandler<Auth | undefined>): NodeListener {
  return listener(options, (req, res, result) => {
    if (result.ok) return handler(req, res, result.auth)
    if (result.problem.code === 'bearer_missing') return handler(req, res, undefined)
    return (options.onProblem ?? sendProblem)(result.problem, req, res)
  })
}

/** Who calls, for whoever answers himself. Give it the same options object each time. */
export async function authenticate(
  req: Pick<IncomingMessage, 'rawHeaders'>,
  options: GuardOptions,
): Promise<TokenResult> {
  return rememberedVerifier(options).authenticate(authorizationLines(req.rawHeaders))
}

/** Answers the upgrade to a WebSocket with a refusal, and ends the socket. */
export function refuseUpgrade(socket: Duplex, { status, title, headers, body }: TokenProblem): void {
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${head}\r\n${body}`)
}

function listener(
  { onProblem: _, ...options }: NodeOptions,
  settle: (req: IncomingMessage, res: ServerResponse, result: TokenResult) => unknown,
): NodeListener {
  const verifier = verifierOf(options as GuardOptions)
  return (req, res) => {
    const result = verifier.authenticate(authorizationLines(req.rawHeaders))
    return result instanceof Promise
      ? result.then((found) => settle(req, res, found))
      : settle(req, res, result)
  }
}

function sendProblem({ status, headers, body }: TokenProblem, _req: unknown, res: ServerResponse): void {
  res.writeHead(status, headers).end(body)
}
