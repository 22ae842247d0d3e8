/** Documents say what the code says, and point to what is there. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { renderDocs } from '../../scripts/write-docs.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('generated documents', () => {
  for (const [path, text] of Object.entries(renderDocs())) {
    it(`${path} is what scripts/write-docs.ts writes`, () =>
      assert.ok(read(path) === text, `run node scripts/write-docs.ts`))
  }
})

describe('documents', () => {
  const documents = globSync('{*.md,docs/**/*.md,examples/**/*.md}', {
    cwd: root,
    exclude: ['node_modules/**'],
  })
  for (const path of documents) {
    it(`${path} points to what is there`, () => {
      const targets = [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)].map(
        ([, target]) => target as string,
      )
      const lost = targets.filter((target) => !existsSync(join(root, dirname(path), target)))
      assert.deepEqual(lost, [])
    })
  }

  it('ARCHITECTURE.md stays under 150 lines', () => {
    assert.ok(read('ARCHITECTURE.md').split('\n').length < 150)
  })

  it('docs/operations.md names every event and every limit', () => {
    const operations = read('docs/operations.md')
    const events = [...read('src/flow/events.ts').matchAll(/'([a-z]+\.[a-z]+)'/g)].map(
      ([, name]) => name as string,
    )
    const limits = [...read('src/routes/limits.ts').matchAll(/name: '([a-z-]+)'/g)].map(
      ([, name]) => name as string,
    )
    assert.ok(events.length > 10 && limits.length > 4)
    assert.deepEqual(
      [...events, ...limits].filter((name) => !operations.includes(`\`${name}\``)),
      [],
    )
  })
})
