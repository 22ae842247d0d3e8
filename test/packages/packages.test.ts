/** The two packages beside the server, packed as npm would publish them: right for every resolver, and nothing of the server in them. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { importsOf } from '../support/source-files.ts'

const checkout = join(import.meta.dirname, '../..')
const bin = (name: string) => join(checkout, 'node_modules/.bin', name)

const packages = [
  { folder: 'verify', name: '@sallyport/verify', mayImport: ['jose', 'node:'] },
  { folder: 'client', name: '@sallyport/client', mayImport: ['react'] },
]

for (const { folder, name, mayImport } of packages) {
  describe(`the package ${name}`, () => {
    let tarball: string
    let project: string
    let installed: string

    before(() => {
      tarball = pack(folder)
      project = temporaryDirectory('project')
      installed = install(tarball, project, name)
    })

    it('holds what it builds, a README, and nothing else', () => {
      const files = globSync('**/*', { cwd: installed }).filter((file) => /\.\w+$/.test(file))
      const other = files.filter((file) => !/^dist\/[\w./-]+\.(?:js|d\.ts)$/.test(file))
      assert.deepEqual(other.toSorted(), ['README.md', 'package.json'])
    })

    it('imports its own files and what it says that it needs', () => {
      const foreign = globSync('dist/**/*.{js,d.ts}', { cwd: installed }).flatMap((file) =>
        importsOf(readFileSync(join(installed, file), 'utf8'))
          .map(({ from }) => from)
          .filter((from) => !from.startsWith('.') && !mayImport.some((mine) => from.startsWith(mine))),
      )
      assert.deepEqual(foreign, [])
    })

    it('is what publint and attw want of an ESM package', () => {
      run(bin('publint'), ['--strict', tarball])
      run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'])
    })

    it('gives every entry to a program that has installed it', () => {
      const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
      const entries = Object.keys(exports).map((key) => name + key.slice(1))
      const program = entries.map(
        (entry) => `import * as e from '${entry}'; if (!Object.keys(e).length) throw 0`,
      )
      for (const text of program) run(process.execPath, ['--input-type=module', '-e', text], project)
    })
  })
}

function pack(folder: string): string {
  const place = temporaryDirectory(folder)
  for (const file of ['package.json', 'README.md']) cpSync(join(checkout, folder, file), join(place, file))
  run(bin('tsc'), ['--project', join(checkout, folder), '--outDir', join(place, 'dist')])
  run('npm', ['pack', '--silent', '--ignore-scripts'], place)
  return join(place, readdirSync(place).find((file) => file.endsWith('.tgz')) ?? '')
}

/** What `npm install` would lay down, with the dependencies of this checkout in place of a download. */
function install(tarball: string, project: string, name: string): string {
  const installed = join(project, 'node_modules', name)
  mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed])
  for (const dependency of ['jose', 'react']) {
    symlinkSync(join(checkout, 'node_modules', dependency), join(project, 'node_modules', dependency))
  }
  return installed
}

function run(program: string, args: string[], cwd = checkout): void {
  try {
    execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
  } catch (reason) {
    const { stdout, stderr } = reason as { stdout: string; stderr: string }
    assert.fail(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`)
  }
}
