/** The readers behind the architecture test: a rule is worth what its reader sees. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blankLiterals } from '../support/blank-literals.ts'
import { functionLines } from '../support/function-lines.ts'
import { importsOf } from '../support/source-files.ts'

describe('reading imports', () => {
  it('sees every form, and which are types only', () => {
    const source = [
      `import pg from 'pg'`,
      `import type { Router } from 'express'`,
      `import { type A, type B } from './a.ts'`,
      `import {\n  type A,\n  b,\n} from './b.ts'`,
      `export type { C } from './c.ts'`,
      `export * from './d.ts'`,
      `import './e.ts'`,
      `const f = await import('./f.ts')`,
      `// import g from './g.ts'`,
    ].join('\n')
    assert.deepEqual(
      importsOf(source).map(({ from, isTypeOnly }) => `${from}${isTypeOnly ? ' (types)' : ''}`),
      ['pg', 'express (types)', './a.ts (types)', './b.ts', './c.ts (types)', './d.ts', './e.ts', './f.ts'],
    )
  })
})

describe('blanking literals', () => {
  it('leaves nothing of strings, templates, regular expressions and comments', () => {
    assert.equal(blankLiterals(`a('}', "{") // {`), `a(' ', ' ')     `)
    assert.equal(blankLiterals('b(`{$' + '{c({ d: `}` })}`)'), `b('${' '.repeat(17)}')`)
    assert.equal(
      blankLiterals('x.replace(/[/{]\\//g, 1) / 2 / 3'),
      `x.replace('${' '.repeat(7)}', 1) / 2 / 3`,
    )
    assert.equal(blankLiterals('/* {\n */ e'), '    \n    e')
    assert.equal(blankLiterals(`'it\\'s' / 2 / 1`), `'     ' / 2 / 1`)
  })
})

describe('measuring functions', () => {
  const measure = (...lines: string[]) => functionLines(blankLiterals(lines.join('\n')))

  it('counts from the parameters to the closing brace', () => {
    assert.deepEqual(
      measure('function a(', '  b: string,', '): Promise<{ c: number }> {', '  return b', '}'),
      [{ line: 1, lines: 5 }],
    )
    assert.deepEqual(measure('const a = async (b) => {', '  return b', '}'), [{ line: 1, lines: 3 }])
    assert.deepEqual(measure('class A extends B {', '  c(): { d: 1 } {', '    return 1', '  }', '}'), [
      { line: 2, lines: 3 },
    ])
  })

  it('gives the lines of an inner function to that one', () => {
    assert.deepEqual(
      measure('function a() {', '  return {', '    b() {', '      c()', '    },', '  }', '}'),
      [
        { line: 3, lines: 3 },
        { line: 1, lines: 5 },
      ],
    )
  })

  it('takes no other braces for functions', () => {
    assert.deepEqual(
      measure('if (a) {', '} else {', '}', 'for await (const b of c(d)) {', '}', 'const e = { f: {} }'),
      [],
    )
    assert.deepEqual(
      measure('const g = h(i) ? j : {', '  k: 1,', '}', 'type L = {', '}', 'try {', '} catch (m) {', '}'),
      [],
    )
    assert.equal(measure('function n(): void {', '}', 'class O {', '}').length, 1)
  })
})
