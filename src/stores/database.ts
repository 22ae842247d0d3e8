import { Problem } from '../problems/problem.ts'

/** Portable values only: text, whole numbers (milliseconds, counts, 0 or 1), null. JSON travels as text. */
export type Value = string | number | null
export type Row = Record<string, Value>

/** Runs one statement with `?1`, `?2`, ... as its parameters and gives the rows it returns. */
export type Run = (statement: string, values?: Value[]) => Promise<Row[]>

export interface Transaction {
  run: Run
  /** Several statements without parameters, for migrations. */
  script(statements: string): Promise<void>
}

/**
 * One SQL, two engines (node:sqlite embedded, Postgres for many processes).
 *
 * Every failure of the engine itself (down, frozen, full, read-only) comes out as the refusal `service_unavailable`,
 * after at most a few seconds: nothing above this line can mistake an outage for an empty answer (I4).
 */
export interface Database {
  readonly engine: 'sqlite' | 'postgres'
  /** One read outside any transaction; sees only what is committed. */
  read: Run
  /**
   * Runs `work` as one transaction: all of it is durable when the promise resolves, nothing of it when it rejects.
   * `work` may run again after a serialization failure, and awaits nothing but its transaction.
   */
  atomically<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    options?: { deadlineMs?: number },
  ): Promise<Result>
  close(): Promise<void>
}

/** How long a store act may take before its caller is told to try again (I5: every request ends within 5 s). */
export const storeDeadlineMs = 4_000

export function storeUnavailable(reason: unknown): Problem {
  return new Problem(
    'service_unavailable',
    {
      cause: 'store_away',
      retryAfterSeconds: 2,
      detail: 'The store cannot be reached or did not answer in time.',
    },
    reason,
  )
}
