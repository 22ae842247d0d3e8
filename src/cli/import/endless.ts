import { CommandFailure } from '../failure.ts'

/** Characters. What is longer has lost its end, and would take the rest of the file with it into memory. */
const maxRowLength = 1_000_000

export function refuseEndless(line: number, length = Number.POSITIVE_INFINITY): void {
  if (length <= maxRowLength) return
  throw new CommandFailure(
    `What begins at line ${line} does not end: a quote or a bracket is missing there. Nothing from there on was read.`,
  )
}
