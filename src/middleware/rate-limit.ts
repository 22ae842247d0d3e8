import { Problem } from '../problems/problem.ts'
import type { LimitRule, LimitVerdict } from '../stores/limits.ts'
import { limitKeyOf } from '../utils/network-address.ts'
import { hashSecret } from '../utils/secret.ts'
import type { Exchange } from './exchange.ts'

/** One limit of a route. */
export type RouteLimit = {
  rule: LimitRule
  /** What is counted beside the network that the request comes from. Never anything that tells whether an account exists. */
  and?: (body: unknown) => string
  /** Successes are given back: only failures count. */
  failuresOnly?: boolean
}

/**
 * Takes a point of each limit, or refuses. Gives what undoes it for the limits that count only failures; where that fails the
 * limit is only stricter, so it must not turn a success into a refusal.
 */
export async function takeLimits(
  exchange: Exchange,
  limits: RouteLimit[],
  body: unknown,
): Promise<() => Promise<void>> {
  const taken: { rule: LimitRule; key: string }[] = []
  for (const limit of limits) {
    // A digest: bounded, and no list of addresses in the limit store.
    const key = hashSecret([limitKeyOf(exchange.visit.address), limit.and?.(body)].join('|'))
    const verdict = await exchange.web.limits.consume(limit.rule, key)
    describe(exchange, verdict)
    if (!verdict.allowed) throw rateLimited(verdict)
    if (limit.failuresOnly) taken.push({ rule: limit.rule, key })
  }
  return async () => {
    await Promise.allSettled(taken.map(({ rule, key }) => exchange.web.limits.refund(rule, key)))
  }
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
    cause: rule.name,
    retryAfterSeconds: resetSeconds,
  })
}
