import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Threat, threats } from './write-docs-security-ids.ts'
import { type Requirement, requirements } from './write-docs-security-requirements.ts'

const root = join(import.meta.dirname, '..')
const tests = join(root, 'test')

/** Which test files name which attack, fault or requirement, by their path, their titles or their comments. */
export function renderSecurityLists(): { attacks: string; requirements: string } {
  const named = namesInTests()
  const known = new Set(Object.values(threats).flatMap((rows) => rows.map(([id]) => id)))
  const strange = [...named.keys()].filter((id) => /^[AF]-/.test(id) && !known.has(id))
  if (strange.length > 0) {
    throw new Error(
      `${strange.join(', ')}: in ${named.get(strange[0] ?? '')}, not in write-docs-security-ids.ts`,
    )
  }
  return { attacks: attacks(named), requirements: requirementTable(named) }
}

function namesInTests(): Map<string, string[]> {
  const named = new Map<string, string[]>()
  for (const path of globSync('**/*.test.ts', { cwd: tests }).sort()) {
    const text = `${idOfPath(path)} ${readFileSync(join(tests, path), 'utf8')}`
    for (const id of new Set(idsIn(text))) named.set(id, [...(named.get(id) ?? []), path])
  }
  return named
}

/** `races/race-01-parallel-guesses.test.ts` is A-RACE-01, `faults/kill-01-...` is F-KILL-01. */
function idOfPath(path: string): string {
  const [, room, name, number] = /^(attacks|races|faults)\/([a-z]+)-(\d\d)-/.exec(path) ?? []
  return number === undefined ? '' : `${room === 'faults' ? 'F' : 'A'}-${name?.toUpperCase()}-${number}`
}

/** `A-JWT-04, -05` names two. */
function idsIn(text: string): string[] {
  const threatIds = [...text.matchAll(/\b([AF]-[A-Z]+-)(\d\d)((?:, -\d\d)*)/g)].flatMap(
    ([, prefix, first = '', more = '']) =>
      [first, ...(more.match(/\d\d/g) ?? [])].map((number) => prefix + number),
  )
  const requirementIds = [...text.matchAll(/\bASVS (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*)/g)].flatMap(
    ([, list = '']) => list.split(', ').map((number) => `ASVS ${number}`),
  )
  return [...threatIds, ...requirementIds]
}

function attacks(named: Map<string, string[]>): string {
  const all = Object.values(threats).flat()
  const covered = all.filter(([id]) => named.has(id)).length
  const awaiting = all.filter(([id, , awaits]) => !named.has(id) && awaits).length
  const sections = Object.entries(threats).map(
    ([title, rows]) => `### ${title}\n\n${rows.map((row) => line(row, named)).join('\n')}`,
  )
  return [
    `Of ${all.length} attacks and faults tests name ${covered}; ${awaiting} wait for a feature that is not built; ` +
      `${all.length - covered - awaiting} are named by no test yet.`,
    ...sections,
  ].join('\n\n')
}

function line([id, what, awaits]: Threat, named: Map<string, string[]>): string {
  const files = named.get(id)
  if (files) return `- **${id}** ${what}: ${files.map(link).join(', ')}`
  return `- **${id}** ${what}: ${awaits ? `not yet, it waits for ${awaits}` : '**no test names it**'}`
}

/** A row for each requirement; those beyond that tests name come last. */
function requirementTable(named: Map<string, string[]>): string {
  const rows = requirements.map((row) => describe(row, named))
  const met = requirements.filter(({ open }) => open === undefined).length
  const listed = new Set(requirements.flatMap(({ ids }) => ids.split(', ')))
  const more = [...named.keys()].filter((id) => id.startsWith('ASVS') && !listed.has(id.slice(5)))
  return [
    `${met} of ${requirements.length} rows are met; the others say what is open.`,
    ['| ASVS 5.0 | Level | Asks for | Shown by |', '|---|---|---|---|', ...rows].join('\n'),
    'Of level 3, tests also name:',
    more
      .sort(byNumbers)
      .map((id) => `- **${id}**: ${named.get(id)?.map(link).join(', ')}`)
      .join('\n'),
  ].join('\n\n')
}

function describe(
  { ids, level, what, by = '', see = '', open }: Requirement,
  named: Map<string, string[]>,
): string {
  const listed = (text: string) => text.split(', ').filter(Boolean)
  const tests = new Set(listed(ids).flatMap((id) => named.get(`ASVS ${id}`) ?? []))
  for (const id of listed(by)) {
    const files = named.get(id)
    if (!files) throw new Error(`ASVS ${ids} rests on ${id}, which no test names`)
    for (const file of files) tests.add(file)
  }
  const places = listed(see)
  for (const place of places) {
    if (!existsSync(join(root, place))) throw new Error(`ASVS ${ids} points to ${place}, which is not there`)
  }
  const shown = [...[...tests].map(link), ...places.map((place) => `[${place}](../${place})`)]
  if (shown.length === 0 && open === undefined) throw new Error(`ASVS ${ids} is shown by nothing`)
  const words = [shown.join(', '), ...(open === undefined ? [] : [`**open:** ${open}`])].filter(Boolean)
  return `| ${ids} | ${level} | ${what} | ${words.join('; ')} |`
}

function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function link(path: string): string {
  return `[${path.replace(/\.test\.ts$/, '')}](../test/${path})`
}
