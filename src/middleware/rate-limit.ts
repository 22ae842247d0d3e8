import type { Cause } from '../problems/causes.ts'
import { Problem } from '../problems/problem.ts'
import type { LimitRule, LimitVerdict } from '../stores/limits.ts'
import { hashSecret } from '../utils/secret.ts'
import type { Exchange } from './exchange.ts'

/** One limit of a route. */
export type RouteLimit = {
  rule: LimitRule
  /**
   * What is counted. Never anything that tells whether an account exists, or the header fields would tell it too (A-ENUM-05).
   * `undefined`: the limit does not concern this request.
   */
  keyOf: (exchange: Exchange, body: unknown) => string | undefined
  /** Only values that are new for the key within the window count: accounts tried from one network. */
  distinct?: (body: unknown) => string
  /** Successes are given back: only failures count. */
  failuresOnly?: boolean
}

type Taken = { rule: LimitRule; key: string }

/**
 * Takes a point of each limit, or refuses. Gives what undoes it for the limits that count only failures; where that fails the
 * limit is only stricter, so it must not turn a success into a refusal.
 */
export async function takeLimits(
  exchange: Exchange,
  limits: RouteLimit[],
  body: unknown,
): Promise<() => Promise<void>> {
  const taken: Taken[] = []
  for (const limit of limits) {
    const points = await pointsOf(exchange, limit, body)
    for (const point of points) {
      const verdict = await exchange.web.limits.consume(point.rule, point.key)
      describe(exchange, verdict)
      if (!verdict.allowed) throw rateLimited(verdict)
      if (limit.failuresOnly) taken.push(point)
    }
  }
  return async () => {
    await Promise.allSettled(taken.map(({ rule, key }) => exchange.web.limits.refund(rule, key)))
  }
}

/** None where the limit doesn't concern the request, or has seen its value before. */
async function pointsOf(exchange: Exchange, limit: RouteLimit, body: unknown): Promise<Taken[]> {
  const text = limit.keyOf(exchange, body)
  if (text === undefined) return []
  // A digest: bounded, and no list of addresses in the limit store.
  const point = { rule: limit.rule, key: hashSecret(text) }
  if (!limit.distinct) return [point]
  const once = { ...limit.rule, name: `${limit.rule.name}-seen`, points: 1 }
  const seen = await exchange.web.limits.consume(once, hashSecret(`${text}|${limit.distinct(body)}`))
  return seen.allowed ? [point] : []
}

/** The header fields of draft-ietf-httpapi-ratelimit-headers. Where a route has two limits, the narrower one is shown. */
function describe({ res }: Exchange, { rule, remaining, resetSeconds }: LimitVerdict): void {
  const shown = /;r=(\d+)/.exec(String(res.getHeader('RateLimit') ?? ''))?.[1]
  if (shown !== undefined && Number(shown) <= remaining) return
  res.setHeader('RateLimit-Policy', `"${rule.name}";q=${rule.points};w=${rule.windowSeconds}`)
  res.setHeader('RateLimit', `"${rule.name}";r=${remaining};t=${resetSeconds}`)
}

function rateLimited({ rule, resetSeconds }: LimitVerdict): Problem {
  return new Problem('rate_limited', {
    detail: `The limit "${rule.name}" is ${rule.points} in ${rule.windowSeconds} seconds. Try again in ${resetSeconds} seconds.`,
    // A test holds that every limit has its row in the table of causes.
    cause: rule.name as Cause,
    retryAfterSeconds: resetSeconds,
  })
}
