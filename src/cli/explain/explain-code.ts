import { type CatalogueEntry, catalogue, type ProblemCode } from '../../problems/catalogue.ts'
import { causesOf, fixOf } from '../../problems/causes.ts'
import { print, printJson } from '../output.ts'

/** The page of a refusal, in the terminal. */
export function explainCode(code: ProblemCode, json: boolean): void {
  const { status, title, meaning, fix }: CatalogueEntry = catalogue[code]
  const causes = causesOf(code)
    .toSorted((a, b) => b.howOften - a.howOften)
    .map((row) => ({ cause: row.cause, means: row.means, fix: fixOf(row) }))
  if (json) {
    printJson({ code, status, title, meaning, fix, causes })
    return
  }
  print(`${code}  ${status}  ${title}`)
  print(`  means  ${meaning}`)
  print(`  fix    ${fix}`)
  if (causes.length > 0) print('\nWhy, the most frequent first:')
  for (const cause of causes) {
    print(`  ${cause.cause}`)
    print(`    means  ${cause.means}`)
    print(`    fix    ${cause.fix}`)
  }
}

/** The name that was probably meant. */
export function nearestCode(text: string): ProblemCode | undefined {
  const wanted = text.toLowerCase().replaceAll('-', '_')
  const codes = Object.keys(catalogue) as ProblemCode[]
  const byDistance = codes
    .map((code) => ({ code, distance: distanceOf(wanted, code) }))
    .toSorted((a, b) => a.distance - b.distance)
  const [nearest] = byDistance
  return nearest && nearest.distance <= Math.max(2, nearest.code.length / 3) ? nearest.code : undefined
}

/** Of Levenshtein, one row at a time. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (const [column, otherLetter] of [...other].entries()) {
      const replaced = (row[column] as number) + (letter === otherLetter ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] as number) + 1, (next[column] as number) + 1))
    }
    row = next
  }
  return row.at(-1) as number
}
