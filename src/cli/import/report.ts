import { closeSync, openSync, writeSync } from 'node:fs'
import { CommandFailure, exitCodes } from '../failure.ts'
import { print, tell } from '../output.ts'

export type RowReport = {
  line: number
  outcome: 'imported' | 'exists' | 'refused'
  email?: string | undefined
  /** Of the account that now has the address. */
  id?: string | undefined
  sourceId?: string | undefined
  reason?: string | undefined
}

export type ImportReport = {
  add(row: RowReport): void
  end(): void
  readonly refused: number
}

type ReportOptions = { json: boolean; dryRun: boolean; file: string | undefined }

/** Refused rows on standard output as they come, every row in the file, and the sums at the end. Nothing is gathered in memory. */
export function createImportReport({ json, dryRun, file }: ReportOptions): ImportReport {
  const handle = file === undefined ? undefined : openReport(file)
  const counts = { imported: 0, exists: 0, refused: 0 }

  function printRefusal(row: RowReport): void {
    const { outcome: _, ...refusal } = row
    if (json) process.stdout.write(`${counts.refused === 1 ? '' : ','}\n    ${JSON.stringify(refusal)}`)
    else print(`line ${row.line}  ${row.email ?? '-'}  ${row.reason}`)
  }

  if (json) process.stdout.write('{\n  "refusals": [')
  return {
    get refused() {
      return counts.refused
    },
    add(row) {
      counts[row.outcome] += 1
      if (handle !== undefined) writeSync(handle, `${JSON.stringify(row)}\n`)
      if (row.outcome === 'refused') printRefusal(row)
    },
    end() {
      if (handle !== undefined) closeSync(handle)
      const { imported, exists: existing, refused } = counts
      if (json)
        print(`${refused === 0 ? '' : '\n  '}],\n  ${sumsAsJson({ imported, existing, refused, dryRun })}\n}`)
      tell(`${dryRun ? 'Would import' : 'Imported'} ${imported}, existing ${existing}, refused ${refused}.`)
    },
  }
}

function sumsAsJson(sums: Record<string, number | boolean>): string {
  return Object.entries(sums)
    .map(([name, value]) => `"${name}": ${value}`)
    .join(',\n  ')
}

/** For its owner alone: it lists addresses. */
function openReport(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (reason) {
    throw new CommandFailure(
      `The report cannot be written: ${(reason as Error).message}. Choose another --report.`,
      exitCodes.usage,
    )
  }
}
