import type { ProblemCode } from './catalogue.ts'
import type { Facts } from './facts.ts'

/** One way in which a request comes to be refused, as far as it can be observed. */
export type CauseRow = {
  code: ProblemCode
  cause: string
  /** In general, for pages and docs. */
  means: string
  /** `production` only where the caller's own request shows it (contract 4). */
  shownIn: 'production' | 'development'
  /** The evidence in one sentence, or `undefined` where the row does not apply. What is guessed says "probably". */
  when: (facts: Facts) => string | undefined
  /** What the caller should change. A function gives its general words for a request that nothing is known of. */
  fix: string | ((facts: Facts) => string)
  /** 5: most who meet this code meet it for this reason. */
  howOften: 1 | 2 | 3 | 4 | 5
}

/** For a cause that the guard or step that refuses knows best: it names it, and this is the evidence unless it has its own. */
export function told(cause: string, evidence: string): CauseRow['when'] {
  return (facts) => (facts.told.cause === cause ? (facts.told.detail ?? evidence) : undefined)
}

/** The same mistake, refused with another code on another route. */
export function alsoFor<Code extends ProblemCode, Row extends CauseRow>(
  code: Code,
  rows: readonly Row[],
): (Row & { code: Code })[] {
  return rows.map((row) => ({ ...row, code }))
}
