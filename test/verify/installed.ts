import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '../support/child-processes.ts'

const checkout = join(import.meta.dirname, '../..')
const tsc = join(checkout, 'node_modules/.bin/tsc')

/** A project elsewhere that has installed the package as it is published, and these packages beside it. */
export function installVerify(packages: string[] | 'all'): string {
  const project = temporaryDirectory('verify')
  const modules = join(project, 'node_modules')
  const installed = join(modules, '@sallyport/verify')
  mkdirSync(installed, { recursive: true })
  cpSync(join(checkout, 'verify/package.json'), join(installed, 'package.json'))
  const outDir = join(installed, 'dist')
  execFileSync(tsc, ['--project', join(checkout, 'verify'), '--outDir', outDir], { stdio: 'inherit' })
  const all = () => readdirSync(join(checkout, 'node_modules')).flatMap(withScopes)
  const wanted = packages === 'all' ? all() : packages
  for (const name of wanted.filter((each) => !each.startsWith('@sallyport'))) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(checkout, 'node_modules', name), join(modules, name))
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
  return project
}

/** What the compiler finds wrong with these files, in the strictest settings and with every declaration looked into. */
export function typeErrors(project: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
  const options = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
  const compilerOptions = {
    ...{ ...options, noEmit: true, target: 'es2023', module: 'nodenext', types: ['node'] },
    // Declarations of frameworks are theirs to answer for; ours are looked into where no framework is.
    skipLibCheck: Object.keys(files).some((name) => name.startsWith('frameworks')),
  }
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  )
  try {
    execFileSync(tsc, ['--project', project], { encoding: 'utf8' })
    return ''
  } catch (reason) {
    return String((reason as { stdout?: string }).stdout)
  }
}

/** The program texts of the README, by the name behind their fence; the first is `express`. */
export function readmePrograms(): Record<string, string> {
  const text = readFileSync(join(checkout, 'verify/README.md'), 'utf8')
  const programs = [...text.matchAll(/^```ts ?(\w*)\n([\s\S]*?)^```$/gm)]
  return Object.fromEntries(programs.map(([, name, code]) => [name || 'express', String(code)]))
}

function withScopes(name: string): string[] {
  if (name.startsWith('.')) return []
  if (!name.startsWith('@')) return [name]
  return readdirSync(join(checkout, 'node_modules', name)).map((each) => `${name}/${each}`)
}
