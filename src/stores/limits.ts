import pg from 'pg'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { storeUnavailable } from './database.ts'
import type { Redis } from './redis.ts'

/** At most `points` in any fixed window of `windowSeconds`, for one key (an address, an account). */
export type LimitRule = { name: string; points: number; windowSeconds: number }

export type LimitVerdict = { allowed: boolean; rule: LimitRule; remaining: number; resetSeconds: number }

export interface Limits {
  /** Takes one point, atomically; exactly `points` of any number of parallel calls are allowed (A-RACE-13). */
  consume(rule: LimitRule, key: string): Promise<LimitVerdict>
  /** Gives one point back, for limits that count only failures. */
  refund(rule: LimitRule, key: string): Promise<void>
  close(): Promise<void>
}

export const noLimits: Limits = {
  consume: async (rule) => ({
    allowed: true,
    rule,
    remaining: rule.points,
    resetSeconds: rule.windowSeconds,
  }),
  refund: async () => {},
  close: async () => {},
}

/** In this process: right for the embedded store, which has only one. */
export function createMemoryLimits(): Limits {
  return limitsOver((rule) => new RateLimiterMemory(optionsOf(rule)))
}

/** In Postgres, shared by all processes. */
export async function openPostgresLimits(url: string, onFault: (reason: unknown) => void): Promise<Limits> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 5,
    connectionTimeoutMillis: 3_000,
    query_timeout: 1_500,
    application_name: 'sallyport-limits',
  })
  pool.on('error', onFault)
  const tableName = 'rate_limits'
  await pool.query(createTable(tableName)).catch((reason: unknown) => {
    throw storeUnavailable(reason)
  })
  const limits = limitsOver(
    (rule) =>
      new RateLimiterPostgres({ ...optionsOf(rule), storeClient: pool, tableName, tableCreated: true }),
  )
  return { ...limits, close: () => pool.end() }
}

/**
 * As the library would make it, but one server at a time: of two that start together, `if not exists` alone lets one fail.
 * Several statements in one query are one transaction; the number only has to be the same in every Sallyport.
 */
const createTable = (name: string) => `
  select pg_advisory_xact_lock(7245671002);
  create table if not exists ${name} (key varchar(255) primary key, points integer not null default 0, expire bigint)`

/** In Redis, with a stricter limit in `fallback` while Redis doesn't answer: a limit is never skipped (F-REDIS-03). */
export function createRedisLimits(redis: Redis, fallback: Limits): Limits {
  const inRedis = limitsOver(
    (rule) =>
      new RateLimiterRedis({ ...optionsOf(rule), storeClient: redis.commands, useRedisPackage: true }),
  )
  const stricter = (rule: LimitRule) => ({ ...rule, points: Math.max(1, Math.floor(rule.points / 2)) })
  return {
    async consume(rule, key) {
      const asked = await redis.ask(() => inRedis.consume(rule, key))
      return asked ? asked.answer : fallback.consume(stricter(rule), key)
    },
    async refund(rule, key) {
      if (!(await redis.ask(() => inRedis.refund(rule, key)))) await fallback.refund(stricter(rule), key)
    },
    close: () => fallback.close(),
  }
}

function optionsOf(rule: LimitRule) {
  return { keyPrefix: `sallyport:limit:${rule.name}`, points: rule.points, duration: rule.windowSeconds }
}

function limitsOver(create: (rule: LimitRule) => RateLimiterAbstract): Limits {
  const limiters = new Map<string, RateLimiterAbstract>()
  const limiterOf = (rule: LimitRule) => {
    const id = `${rule.name}/${rule.points}`
    const known = limiters.get(id)
    if (known) return known
    const created = create(rule)
    limiters.set(id, created)
    return created
  }
  return {
    async consume(rule, key) {
      try {
        return toVerdict(rule, true, await limiterOf(rule).consume(key))
      } catch (reason) {
        if (reason instanceof RateLimiterRes) return toVerdict(rule, false, reason)
        throw storeUnavailable(reason)
      }
    },
    async refund(rule, key) {
      try {
        await limiterOf(rule).reward(key)
      } catch (reason) {
        throw storeUnavailable(reason)
      }
    },
    close: async () => {},
  }
}

function toVerdict(rule: LimitRule, allowed: boolean, state: RateLimiterRes): LimitVerdict {
  return {
    allowed,
    rule,
    remaining: Math.max(0, state.remainingPoints),
    resetSeconds: Math.max(1, Math.ceil(state.msBeforeNext / 1_000)),
  }
}
