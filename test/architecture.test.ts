/** house.md section 2, as far as a machine can read it: who may import whom, the fences, and the sizes. */
import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import { functionLines } from './support/function-lines.ts'
import { type Import, readSourceFiles, type SourceFile } from './support/source-files.ts'

/** Imports go one way: a room may import what stands on a line above its own, never its neighbours. */
const storeys = [
  ['utils', 'version'],
  ['problems'],
  ['config', 'tokens', 'passwords', 'mail', 'stores'],
  ['factors'],
  ['flow'],
  ['middleware'],
  ['log'],
  ['routes'],
  ['dev-tools'],
  ['sallyport', 'inspector'],
  ['app'],
  ['index', 'server'],
  ['cli'],
]

/** Files directly under src/ that belong to a room of another name. */
const roomOfFile: Record<string, string> = {
  'open-keys.ts': 'sallyport',
  'open-mail.ts': 'sallyport',
  'open-stores.ts': 'sallyport',
  'open-gate.ts': 'sallyport',
  'open-web.ts': 'sallyport',
  'housekeeping.ts': 'sallyport',
  'banner.ts': 'server',
  'npm-shell.ts': 'server',
  'development-account.ts': 'server',
}

/** Rooms whose values only some may use; everybody above may `import type` from them. */
const usedBy: Record<string, string[]> = {
  config: ['config', 'sallyport', 'app', 'index', 'server', 'cli'],
  stores: ['stores', 'log', 'inspector', 'routes', 'sallyport', 'server', 'cli'],
  mail: ['mail', 'log', 'inspector', 'routes', 'sallyport', 'server', 'cli'],
}

/** Packages and the rooms, or files, that may know them. */
const fences: Record<string, string[]> = {
  express: ['routes', 'middleware', 'app', 'sallyport'],
  'express-session': ['routes', 'middleware', 'app', 'sallyport', 'stores/express-session-store.ts'],
  helmet: ['routes', 'middleware', 'app', 'sallyport'],
  pg: ['stores'],
  redis: ['stores'],
  'node:sqlite': ['stores'],
  'rate-limiter-flexible': ['stores'],
  nodemailer: ['mail'],
  jose: ['tokens'],
  '@node-rs/argon2': ['passwords'],
  bcrypt: ['passwords'],
}

/** Code, and the rooms, or files, in which it may stand. */
const fencedCode: [RegExp, string[]][] = [
  [/\bprocess\.env\b/, ['config', 'server', 'cli']],
  [/\bprocess\.(?:exit|on|once|loadEnvFile|argv)\b/, ['server', 'cli']],
  [/\bconsole\./, ['server', 'cli', 'sallyport', 'mail/console-channel.ts']],
]

/** Tables read better whole. */
const mayBeLong = [/^stores\/migrations\//, /^problems\/catalogue\.ts$/, /^config\/entries\//]

/** Packages of their own, for other people's programs, and what they may need. */
const beside: Record<string, string[]> = {
  'verify/src': ['jose', 'node:crypto', 'node:http', 'node:stream'],
  'client/src': ['react'],
}

const files = readSourceFiles()
const filesBeside = Object.keys(beside).flatMap((folder) =>
  readSourceFiles(folder).map((file) => ({ ...file, path: `${folder}/${file.path}` })),
)

describe('the architecture', () => {
  it('knows the room of every file', () => {
    none(files.filter((file) => storeyOf(roomOf(file.path)) < 0).map(({ path }) => path))
  })

  it('lets imports go one way', () => {
    breaches((file, from) => {
      const [own, other] = [roomOf(file.path), roomOf(from)]
      return own === other || storeyOf(other) < storeyOf(own)
    })
  })

  it('leaves config, stores and mail to those who wire: others see their types', () => {
    breaches((file, from, { isTypeOnly }) => {
      const users = usedBy[roomOf(from)]
      return isTypeOnly || users === undefined || users.includes(roomOf(file.path))
    })
  })

  for (const [name, places] of Object.entries(fences)) {
    it(`keeps ${name} in ${places.join(', ')}`, () => {
      const outside = files.filter(({ path }) => !standsIn(path, places))
      none(
        outside.filter(({ imports }) => imports.some(({ from }) => isOf(from, name))).map(({ path }) => path),
      )
    })
  }

  for (const [pattern, places] of fencedCode) {
    it(`keeps ${pattern.source} in ${places.join(', ')}`, () => {
      none(
        files
          .filter(({ path, code }) => !standsIn(path, places) && pattern.test(code))
          .map(({ path }) => path),
      )
    })
  }

  it('has no default exports and no enums', () => {
    none(
      [...files, ...filesBeside]
        .filter(({ code }) => /^export default|^(?:export )?(?:const )?enum /m.test(code))
        .map(({ path }) => path),
    )
  })

  for (const [folder, packages] of Object.entries(beside)) {
    it(`lets ${folder} import its own files${packages.map((name) => `, ${name}`).join('')} and nothing else`, () => {
      none(
        readSourceFiles(folder).flatMap(({ path, imports }) =>
          imports
            .filter(({ from }) => !isWithin(path, from) && !packages.some((name) => isOf(from, name)))
            .map(({ from }) => `${folder}/${path} imports ${from}`),
        ),
      )
    })
  }
})

describe('the sizes', () => {
  const measured = [...files, ...filesBeside].filter(
    ({ path }) => !mayBeLong.some((pattern) => pattern.test(path)),
  )

  it('keeps files within 200 lines', () => {
    none(measured.filter(({ lines }) => lines > 200).map(({ path, lines }) => `${path}: ${lines} lines`))
  })

  it('keeps functions within 40 lines', () => {
    const long = measured.flatMap(({ path, code }) =>
      functionLines(code)
        .filter(({ lines }) => lines > 40)
        .map(({ line, lines }) => `${path}:${line}: ${lines} lines`),
    )
    none(long)
  })
})

/** Every import of our own files that the rule refuses is a line in the failure. */
function breaches(isAllowed: (file: SourceFile, from: string, statement: Import) => boolean): void {
  const refused = files.flatMap((file) =>
    file.imports
      .filter(({ from }) => from.startsWith('.'))
      .map((statement) => ({ statement, from: posix.join(posix.dirname(file.path), statement.from) }))
      .filter(({ statement, from }) => !isAllowed(file, from, statement))
      .map(({ from }) => `${file.path} imports ${from}`),
  )
  none(refused)
}

function isWithin(path: string, from: string): boolean {
  return from.startsWith('.') && !posix.join(posix.dirname(path), from).startsWith('..')
}

function none(found: string[]): void {
  assert.deepEqual(found, [])
}

function roomOf(path: string): string {
  return roomOfFile[path] ?? path.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

function storeyOf(room: string): number {
  return storeys.findIndex((rooms) => rooms.includes(room))
}

function standsIn(path: string, places: string[]): boolean {
  return places.includes(roomOf(path)) || places.includes(path)
}

function isOf(from: string, packageName: string): boolean {
  return from === packageName || from.startsWith(`${packageName}/`)
}
