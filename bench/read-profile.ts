/**
 * What a CPU profile says, as three lists: the rooms of src/ and the packages that the time goes to, with what of Node they
 * call; the functions with the most time of their own; and those with the most, with what they call.
 *
 *     node bench/read-profile.ts directory/CPU.*.cpuprofile
 */
import { readFileSync } from 'node:fs'

type ProfileNode = {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
  children?: number[]
}
type Profile = { nodes: ProfileNode[]; samples: number[]; timeDeltas: number[] }

const shown = 30
/** The start of the process, which is mostly the reading of modules. */
const skippedMs = 1_000
const notWork = /^\((?:root|idle)\)$/

for (const file of process.argv.slice(2)) {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const own = ownTimes(profile, byId)
  const atWork = [...own.values()].reduce((sum, time) => sum + time, 0)
  console.log(`\n${file}: ${Math.round(atWork / 1_000)} ms at work`)
  print('by room and package', sumByPlace(byId, profile.nodes, own), atWork)
  print('own time', sumByFunction(byId, own), atWork)
  print('with what they call', sumByFunction(byId, totalTimes(byId, own)), atWork)
}

function ownTimes({ samples, timeDeltas }: Profile, byId: Map<number, ProfileNode>): Map<number, number> {
  const times = new Map<number, number>()
  let passed = 0
  samples.forEach((id, index) => {
    const delta = timeDeltas[index] ?? 0
    passed += delta
    if (passed < skippedMs * 1_000 || notWork.test(byId.get(id)?.callFrame.functionName ?? '')) return
    times.set(id, (times.get(id) ?? 0) + delta)
  })
  return times
}

function totalTimes(byId: Map<number, ProfileNode>, own: Map<number, number>): Map<number, number> {
  const totals = new Map<number, number>()
  const totalOf = (id: number): number => {
    const below = (byId.get(id)?.children ?? []).reduce(
      (sum, child) => sum + (totals.get(child) ?? totalOf(child)),
      0,
    )
    totals.set(id, (own.get(id) ?? 0) + below)
    return totals.get(id) as number
  }
  for (const id of byId.keys()) if (!totals.has(id)) totalOf(id)
  return totals
}

function sumByFunction(byId: Map<number, ProfileNode>, times: Map<number, number>): [string, number][] {
  const sums = new Map<string, number>()
  for (const [id, time] of times) {
    const name = nameOf(byId.get(id) as ProfileNode)
    if (!notWork.test(name)) sums.set(name, (sums.get(name) ?? 0) + time)
  }
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, shown)
}

function nameOf(node: ProfileNode): string {
  const { functionName, lineNumber } = node.callFrame
  const file = fileOf(node)
  return file === '' ? functionName : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}

/** From the checkout on, without the file system above it. */
function fileOf({ callFrame: { url } }: ProfileNode): string {
  const at = ['/node_modules/', '/dist/'].map((folder) => url.lastIndexOf(folder)).find((index) => index >= 0)
  return at === undefined ? url : url.slice(at + 1)
}

/** Own time, given to the nearest caller that belongs to us or to a package. */
function sumByPlace(
  byId: Map<number, ProfileNode>,
  nodes: ProfileNode[],
  own: Map<number, number>,
): [string, number][] {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const sums = new Map<string, number>()
  for (const [id, time] of own) {
    let at: number | undefined = id
    let place: string | undefined
    while (at !== undefined && place === undefined) {
      place = placeOf(byId.get(at) as ProfileNode)
      at = parents.get(at)
    }
    const name = place ?? 'Node itself'
    sums.set(name, (sums.get(name) ?? 0) + time)
  }
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, shown)
}

function placeOf(node: ProfileNode): string | undefined {
  if (/garbage|program/.test(node.callFrame.functionName)) return node.callFrame.functionName
  return /^(?:node_modules\/(?:@[^/]+\/)?[^/]+|dist\/[^/]+)/.exec(fileOf(node))?.[0]
}

function print(title: string, sums: [string, number][], atWork: number): void {
  console.log(`\n  ${title}`)
  for (const [name, time] of sums)
    console.log(`  ${((100 * time) / atWork).toFixed(1).padStart(5)} %  ${name}`)
}
