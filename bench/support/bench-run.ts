import type { Plan } from './contest.ts'
import type { Row } from './row.ts'

/** One run of the benchmarks, as its sections see it. */
export type Bench = {
  plan: Plan
  quick: boolean
  /** Whether this row was asked for. */
  wants(name: string): boolean
  /** A mail server in this process. */
  smtpUrl: string
  /** The argon2id hash of the one password. */
  passwordHash: string
  /** Where servers leave their CPU profiles, if they shall. */
  cpuProfiles: string | undefined
  /** Done after the section, whatever became of it; the last first. */
  onEnd(close: () => Promise<unknown>): void
  /** Progress, for the person who waits. */
  say(line: string): void
}

export type Section = {
  rows: string[]
  /** The reason why it can't be measured here, or false. */
  missing(): string | false
  run(bench: Bench): Promise<Row[]>
}
