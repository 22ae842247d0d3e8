/** `npm run check`: everything that .ci/run holds against a change, cheapest first. It stops at the first failure. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Step = {
  name: string
  /** A program of node_modules/.bin, or one on the PATH, and its arguments. */
  command: [string, ...string[]]
  /** What the step is about; without it there is nothing to check yet. */
  needs?: string
}

const steps: Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the page', command: ['tsc', '--noEmit', '--project', 'src/inspector/page'] },
  { name: 'types of the page of an example', command: ['tsc', '--noEmit', '--project', 'examples/spa/page'] },
  { name: 'types of the client', command: ['tsc', '--noEmit', '--project', 'client'] },
  { name: 'lint and format', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'unused files, exports and dependencies', command: ['knip'] },
  { name: 'build', command: ['node', 'scripts/build.ts'] },
  { name: 'package', command: ['publint', '--strict'] },
  {
    name: 'generated docs',
    command: ['node', 'scripts/write-docs.ts', '--check'],
    needs: 'scripts/write-docs.ts',
  },
  { name: 'API description', command: ['redocly', 'lint', 'docs/openapi.json'], needs: 'docs/openapi.json' },
  { name: 'tests', command: ['npm', 'test'] },
]

/** Nothing here has to phone home. */
const quietTools = {
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  NO_UPDATE_NOTIFIER: '1',
}

const root = join(import.meta.dirname, '..')

for (const step of steps) {
  if (step.needs !== undefined && !existsSync(join(root, step.needs))) {
    console.log(`\n── ${step.name}: nothing to check, there is no ${step.needs}`)
    continue
  }
  const seconds = runStep(step)
  if (seconds === undefined) {
    console.error(`\n✗ ${step.name}: failed. To repeat it alone: npx ${step.command.join(' ')}`)
    process.exit(1)
  }
  console.log(`── ${step.name}: fine, ${seconds} s`)
}
console.log('\n✓ All checks pass.')

/** How long it took, or `undefined` when it failed. */
function runStep({ name, command: [program, ...args] }: Step): string | undefined {
  console.log(`\n── ${name}`)
  const start = performance.now()
  const { error, status } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...quietTools,
      PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
    },
  })
  if (error) console.error(error.message)
  return status === 0 ? ((performance.now() - start) / 1000).toFixed(1) : undefined
}
