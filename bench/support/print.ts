import { cpus, totalmem } from 'node:os'
import { boundWords, number, type Row, verdictOf } from './row.ts'

export function asText(rows: Row[]): string {
  const lines = rows.flatMap((row) => {
    const { median, min, max } = row.figure
    const cells = [
      row.name.padEnd(18),
      `${number(median)}${row.unit}`.padEnd(10),
      `${number(min)}..${number(max)}`.padEnd(14),
      byCpuWords(row).padEnd(9),
      boundWords(row).padEnd(10),
      verdictOf(row),
    ]
    return [
      cells.join(''),
      `  ${row.what}: ${row.measured}${row.against === '-' ? '' : `; ${row.against}`}`,
      ...(row.note === undefined ? [] : [`  (${row.note})`]),
    ]
  })
  const head = 'row               median    min..max      by CPU   bound     verdict'
  return [machine(), '', head, ...lines].join('\n')
}

export function asMarkdown(rows: Row[]): string {
  const head = [
    '| Row | What | Measured | Against | Median | Min..max | By CPU | Bound | Verdict |',
    '|---|---|---|---|---|---|---|---|---|',
  ]
  const lines = rows.map((row) => {
    const { median, min, max } = row.figure
    const cells = [
      `\`${row.name}\``,
      row.what,
      row.measured,
      row.against,
      `${number(median)}${row.unit}`,
      `${number(min)}..${number(max)}`,
      byCpuWords(row),
      boundWords(row),
      verdictOf(row),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const notes = rows
    .filter(({ note }) => note !== undefined)
    .map(({ name, note }) => `\n\`${name}\`: ${note}.`)
  return [machine(), '', ...head, ...lines, ...notes].join('\n')
}

function byCpuWords({ byCpu }: Row): string {
  return byCpu ? number(byCpu.median) : '-'
}

export function asJson(rows: Row[]): string {
  const judged = rows.map((row) => ({ ...row, verdict: verdictOf(row) }))
  return JSON.stringify({ machine: machine(), rows: judged }, undefined, 2)
}

/** Figures mean nothing without the machine that they come from. */
function machine(): string {
  const processors = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, Node ${process.versions.node}, ${processors.length} cores (${processors[0]?.model.trim()}), ${memory} GiB`
}
