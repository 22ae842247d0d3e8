import type { NearRoute } from '../problems/facts.ts'
import type { RouteSketch } from './explaining.ts'

/** Longer paths are nobody's typing mistake, and may hold anything. */
const longest = 64

/** The route that somebody meant with a path that is none, if there is one. */
export function nearestRoute(
  routes: readonly RouteSketch[],
  path: string,
  method: string,
): NearRoute | undefined {
  if (path.length > longest || !/^\/[\w./-]*$/.test(path)) return undefined
  const known = routes.filter((route) => !route.path.startsWith('/_dev'))
  for (const [because, spelling] of respellings(path)) {
    const found = known.filter((route) => fits(route.path, spelling))
    if (found.length > 0) return nearRoute(found, method, path, because)
  }
  const misspelt = known.map((route) => ({ route, distance: distance(path, route.path) }))
  const [best] = misspelt.filter((each) => each.distance <= 2).sort((a, b) => a.distance - b.distance)
  if (!best) return undefined
  return nearRoute(
    known.filter(({ path: same }) => same === best.route.path),
    method,
    path,
    'spelling',
  )
}

/** What the path would be without one of the common mistakes, the surest first. */
function respellings(path: string): [NearRoute['because'], string][] {
  const trimmed = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
  const small = trimmed.toLowerCase()
  // Behind it may stand /api, /v1, /api/v1.
  const shorter = [1, 2].map(
    (count) =>
      `/${small
        .split('/')
        .slice(count + 1)
        .join('/')}`,
  )
  const prefixed = [small, ...shorter].flatMap((each) => [each, `/auth${each}`])
  return [
    ['slash', trimmed],
    ['case', small],
    ...prefixed.map((each): [NearRoute['because'], string] => ['prefix', each]),
  ]
}

function fits(pattern: string, path: string): boolean {
  const [wanted, asked] = [pattern.split('/'), path.split('/')]
  return (
    wanted.length === asked.length &&
    wanted.every((part, index) => (part.startsWith(':') ? asked[index] !== '' : part === asked[index]))
  )
}

function nearRoute(
  routes: readonly RouteSketch[],
  method: string,
  asked: string,
  because: NearRoute['because'],
): NearRoute {
  const route = routes.find((each) => each.method === method) ?? routes.at(-1)
  const path = route?.path ?? '/'
  // Where a route has a parameter, what stands there may be a secret.
  const isShown = !path.includes(':') && asked.length <= path.length + 16
  return { method: route?.method ?? 'GET', path, because, asked: isShown ? asked : undefined }
}

/** How many letters have to be added, taken away, changed or swapped with their neighbour; 3 for anything further. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : 3,
      )
    }
    ;[before, last] = [last, current]
  }
  return Math.min(3, at(last, b.length))
}

function at(row: number[], index: number): number {
  return row[index] ?? 3
}
