import { cpuTimeMs } from './cpu-time.ts'
import { merge, type Sample } from './sample.ts'

export type Contestant = {
  name: string
  run(ms: number): Promise<Sample>
  /** The server whose time is counted. */
  pid?: number
  /** Makes ready what `run` uses up; outside the measured time. */
  prepare?(ms: number): Promise<void>
}

export type Plan = {
  rounds: number
  roundMs: number
  /** Contestants take turns this often within a round: noise of a shared machine then hits all of them. */
  sliceMs: number
  warmUpMs: number
}

/** Fewer and shorter rounds, for what no bound hangs on. */
export function informative(plan: Plan): Plan {
  return { ...plan, rounds: Math.ceil(plan.rounds / 2), roundMs: Math.min(plan.roundMs, 2_000) }
}

/** Lets them run in turns, A, B, C, A, B, C, ... and gives one sample of each for each round. */
export async function contest(
  contestants: Contestant[],
  plan: Plan,
  say: (line: string) => void,
): Promise<(name: string) => Sample[]> {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]))
  for (const contestant of contestants) await runSlice(contestant, plan.warmUpMs)
  for (let round = 1; round <= plan.rounds; round++) {
    const slices = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]))
    for (let done = 0; done < plan.roundMs; done += plan.sliceMs) {
      for (const contestant of contestants) {
        slices.get(contestant.name)?.push(await runSlice(contestant, plan.sliceMs))
      }
    }
    for (const [name, parts] of slices) samples.get(name)?.push(merge(parts))
    say(`round ${round} of ${plan.rounds}: ${describe(samples)}`)
  }
  return (name) => samples.get(name) ?? []
}

async function runSlice(contestant: Contestant, ms: number): Promise<Sample> {
  await contestant.prepare?.(ms)
  try {
    const before = cpuOf(contestant)
    const sample = await contestant.run(ms)
    return { ...sample, cpuMs: cpuOf(contestant) - before }
  } catch (reason) {
    throw new Error(`${contestant.name} failed`, { cause: reason })
  }
}

function cpuOf({ pid }: Contestant): number {
  return pid === undefined ? Number.NaN : cpuTimeMs(pid)
}

function describe(samples: Map<string, Sample[]>): string {
  const words = [...samples].map(([name, rounds]) => {
    const last = rounds.at(-1) as Sample
    return `${name} ${Math.round((last.done * 1_000) / last.ms)}/s`
  })
  return words.join(', ')
}
