/** Documents say what the code says, and point to what is there. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { renderDocs } from '../../scripts/write-docs.ts'
import { entryList } from '../../src/config/entries.ts'

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

    it(`${path} points to headings that are there`, () => {
      const targets = [...read(path).matchAll(/\]\((?!https?:)([^)#]*\.md)?#([^)]+)\)/g)]
      const lost = targets
        .filter(
          ([, file, anchor = '']) => !anchorsOf(file ? join(dirname(path), file) : path).includes(anchor),
        )
        .map(([link]) => link)
      assert.deepEqual(lost, [])
    })
  }

  it('ARCHITECTURE.md stays under 150 lines', () => {
    assert.ok(read('ARCHITECTURE.md').split('\n').length < 150)
  })

  it('docs/operations.md names every exit code', () => {
    const sources = read('src/server.ts') + read('src/cli/failure.ts')
    const objects = [...sources.matchAll(/exitCodes = \{([^}]*)\}/g)].map(([, members]) => members).join(',')
    const codes = [...objects.matchAll(/: (\d+)/g)].map(([, code]) => code as string)
    assert.ok(codes.length > 4)
    assert.deepEqual(
      codes.filter((code) => !read('docs/operations.md').includes(`| ${code} |`)),
      [],
    )
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

describe('samples of deploy/', () => {
  const known = new Set(entryList.map(([name]) => name))
  for (const path of globSync('deploy/*', { cwd: root })) {
    it(`${path} sets only what is a setting`, () => {
      const names = read(path).match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? []
      const foreign = /^(POSTGRES_|[A-Z]+_ADDR$|AF_|CMD_)/
      const strange = names.filter((name) => !known.has(name.replace(/_FILE$/, '')) && !foreign.test(name))
      assert.deepEqual(strange, [])
    })
  }
})

/** As GitHub makes them from the headings of a document. */
function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
