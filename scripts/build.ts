/**
 * `npm run build`: src/ becomes dist/, and so do the two packages beside it, each from nothing, so that no file of an earlier
 * build is published.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

compile('.', 'tsconfig.build.json')
compile('verify', 'tsconfig.json')
compile('client', 'tsconfig.json')

function compile(folder: string, project: string): void {
  rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
  const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', join(folder, project)], {
    cwd: root,
    stdio: 'inherit',
  })
  if (compiled.error) throw compiled.error
  if (compiled.status !== 0) process.exit(compiled.status ?? 1)
}
