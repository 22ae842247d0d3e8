import type { ProblemCode } from './catalogue.ts'
import type { CauseRow } from './cause-row.ts'
import { accountCauses } from './causes/account.ts'
import { bearerCauses } from './causes/bearer.ts'
import { bodyCauses } from './causes/body.ts'
import { clientCauses } from './causes/client.ts'
import { codeCauses } from './causes/code.ts'
import { fieldCauses } from './causes/field.ts'
import { limitCauses } from './causes/limit.ts'
import { refreshCauses } from './causes/refresh.ts'
import { routeCauses } from './causes/route.ts'
import { sessionCauses } from './causes/session.ts'
import { stageCauses } from './causes/stage.ts'
import { tokenCauses } from './causes/token.ts'
import type { Facts } from './facts.ts'
import { noFacts } from './no-facts.ts'

const table = [
  ...sessionCauses,
  ...stageCauses,
  ...bearerCauses,
  ...tokenCauses,
  ...clientCauses,
  ...refreshCauses,
  ...codeCauses,
  ...bodyCauses,
  ...fieldCauses,
  ...routeCauses,
  ...accountCauses,
  ...limitCauses,
]

/** The closed list of what can be observed. */
export type Cause = (typeof table)[number]['cause']

/**
 * Why requests are refused: the cause engine's one table. Of a code's rows the first that applies wins, so they stand in the order of
 * certainty, and the last often applies always.
 */
export const causes: readonly (CauseRow & { cause: Cause })[] = table

export const causeNames: readonly Cause[] = [...new Set(causes.map(({ cause }) => cause))]

export type Explanation = { cause: Cause; evidence: string; fix: string }

/** What the facts show. @param shownIn in production only what the caller's own request shows */
export function explain(
  code: ProblemCode,
  facts: Facts,
  shownIn: CauseRow['shownIn'],
): Explanation | undefined {
  for (const row of causesOf(code)) {
    if (shownIn === 'production' && row.shownIn !== 'production') continue
    const evidence = row.when(facts)
    if (evidence !== undefined) return { cause: row.cause, evidence, fix: fixOf(row, facts) }
  }
  return undefined
}

export function fixOf({ fix }: Pick<CauseRow, 'fix'>, facts: Facts = noFacts): string {
  return typeof fix === 'string' ? fix : fix(facts)
}

const byCode = Map.groupBy(causes, ({ code }) => code)

export function causesOf(code: ProblemCode): readonly (CauseRow & { cause: Cause })[] {
  return byCode.get(code) ?? []
}
