/** What one contestant did in some time. */
export type Sample = {
  done: number
  ms: number
  /** Of each one, in ms. */
  latencies: number[]
  /** What the server had of its core meanwhile; NaN where nobody asked or knows. */
  cpuMs?: number
}

/** The middle of the rounds and how far they lie apart. */
export type Figure = { median: number; min: number; max: number }

export function merge(samples: Sample[]): Sample {
  return {
    done: samples.reduce((sum, { done }) => sum + done, 0),
    ms: samples.reduce((sum, { ms }) => sum + ms, 0),
    latencies: samples.flatMap(({ latencies }) => latencies),
    cpuMs: samples.reduce((sum, { cpuMs = Number.NaN }) => sum + cpuMs, 0),
  }
}

export function perSecond({ done, ms }: Sample): number {
  return done === 0 ? 0 : (done * 1_000) / ms
}

/** Of the server's core, for each answer. */
export function cpuMicroseconds({ done, cpuMs = Number.NaN }: Sample): number {
  return (cpuMs * 1_000) / done
}

/** As a rate: how many answers a second of the core's time makes. */
export function perCpuSecond(sample: Sample): number {
  return 1e6 / cpuMicroseconds(sample)
}

/** The latency that this share of the calls stays below. */
export function percentile({ latencies }: Sample, share: number): number {
  const sorted = latencies.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function figureOf(values: number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return {
    median: (below + above) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  }
}

/** One ratio for each round, so that a machine that was slow for a while was slow for both. */
export function ratioOf(ours: Sample[], theirs: Sample[], measure: (sample: Sample) => number): Figure {
  return figureOf(ours.map((sample, round) => measure(sample) / measure(theirs[round] as Sample)))
}
