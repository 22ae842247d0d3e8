import {
  cpuMicroseconds,
  type Figure,
  figureOf,
  merge,
  percentile,
  perSecond,
  type Sample,
} from './sample.ts'

export type Bound = { atLeast: number } | { atMost: number }

/** One line of the table. */
export type Row = {
  /** As `--only` names it. */
  name: string
  what: string
  /** What was measured, and what it is held against, in words. */
  measured: string
  against: string
  figure: Figure
  unit: '' | ' s' | ' MB'
  /** The same ratio from the CPU time of both, which a busy machine doesn't bend. */
  byCpu?: Figure
  /** Of contract 8; without one the row is there to be known. */
  bound?: Bound
  /** What the figure can't say. */
  note?: string
}

export function verdictOf({ bound, figure, byCpu, unit }: Row): string {
  if (!bound) return 'informative'
  const missing = missingTo(bound, figure)
  const verdict = missing <= 0 ? 'ok' : `short by ${number(missing)}${unit}`
  const missingByCpu = byCpu ? missingTo(bound, byCpu) : missing
  // Where they disagree, somebody else was using the machine.
  if (missingByCpu > 0 && missing <= 0) return `ok, but short by ${number(missingByCpu)} by CPU time`
  return missingByCpu <= 0 && missing > 0 ? `${verdict}, but ok by CPU time` : verdict
}

function missingTo(bound: Bound, { median }: Figure): number {
  return 'atLeast' in bound ? bound.atLeast - median : median - bound.atMost
}

export function boundWords({ bound, unit }: Row): string {
  if (!bound) return '-'
  return 'atLeast' in bound ? `>= ${number(bound.atLeast)}${unit}` : `<= ${number(bound.atMost)}${unit}`
}

export function number(value: number): string {
  return value >= 20 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2)
}

/** `83 us of CPU` for each answer. */
export function cpuWords(samples: Sample[]): string {
  const each = figureOf(samples.map(cpuMicroseconds)).median
  return Number.isNaN(each) ? '' : `, ${number(each)} us of CPU each`
}

/** `6,512/s`, the median of the rounds. */
export function rateWords(samples: Sample[]): string {
  return `${number(figureOf(samples.map(perSecond)).median)}/s`
}

/** `6,512/s (half within 2.40 ms, 99 % within 6.10 ms)` over all rounds. */
export function rateAndLatencyWords(samples: Sample[]): string {
  const all = merge(samples)
  return `${rateWords(samples)} (half within ${number(percentile(all, 0.5))} ms, 99 % within ${number(percentile(all, 0.99))} ms)`
}
