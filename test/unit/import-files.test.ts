/** The files of `user import` and `user export`: CSV and JSON, in pieces of any size. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CsvSplitter, withoutFormulaGuard, writeCsvLine } from '../../src/cli/import/csv.ts'
import { JsonSplitter } from '../../src/cli/import/json.ts'
import { type Row, readRows } from '../../src/cli/import/rows.ts'

function inPieces<Part>(
  splitter: { push(text: string): Part[]; end(): Part[] },
  text: string,
  size: number,
): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < text.length; at += size) parts.push(...splitter.push(text.slice(at, at + size)))
  return [...parts, ...splitter.end()]
}

async function rowsOf(text: string, spelling: 'csv' | 'json', isGuarded = false): Promise<Row[]> {
  const chunks = (async function* () {
    yield text
  })()
  const rows: Row[] = []
  for await (const row of readRows(chunks, { spellings: [spelling], isGuarded })) rows.push(row)
  return rows
}

const cell = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('"', ',', '\n', '\r', "'", '=', '+', '-', '@', '\t', 'a'),
    maxLength: 6,
  }),
)
const pieceSize = fc.integer({ min: 1, max: 40 })

describe('CSV', () => {
  it('gives back exactly the cells that were written, however the file is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), pieceSize, (rows, size) => {
        const text = rows.map((cells) => `${writeCsvLine(cells)}\n`).join('')
        const read = inPieces(new CsvSplitter(), text, size)
        assert.deepEqual(
          read.map(({ cells }) => cells.map(withoutFormulaGuard)),
          rows,
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('1.2.10: writes no cell that a spreadsheet takes for a formula', () => {
    for (const formula of ['=HYPERLINK("http://evil")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1']) {
      assert.ok(writeCsvLine([formula]).startsWith(`"'`))
    }
    assert.equal(writeCsvLine(['a=b', '']), '"a=b",""')
  })

  it('reads what others write: bare cells, both line ends, empty lines, a quote within a bare cell', () => {
    const text = 'a,b\r\n\r\n1,"x ""y""\r\nz"\nfive" tape,\n\n,last'
    for (const size of [1, 2, 5, 100]) {
      assert.deepEqual(inPieces(new CsvSplitter(), text, size), [
        { line: 1, cells: ['a', 'b'] },
        { line: 3, cells: ['1', 'x "y"\r\nz'] },
        { line: 5, cells: ['five" tape', ''] },
        { line: 7, cells: ['', 'last'] },
      ])
    }
  })

  it('names its fields after the first line, and refuses a line of another length', async () => {
    assert.deepEqual(await rowsOf('\ufeffemail,id\na@example.org,1\nb\n', 'csv'), [
      { line: 2, fields: { email: 'a@example.org', id: '1' } },
      { line: 3, fault: 'the row has 1 cells, but there are 2 columns' },
    ])
  })

  it('takes the apostrophe of a guarded cell away, and leaves the one of a password', async () => {
    assert.deepEqual(await rowsOf("email,password\n'=a@example.org,'=secret\n", 'csv', true), [
      { line: 2, fields: { email: '=a@example.org', password: "'=secret" } },
    ])
    assert.deepEqual(await rowsOf("email\n'=a@example.org\n", 'csv'), [
      { line: 2, fields: { email: "'=a@example.org" } },
    ])
  })

  it('stops where a quote never closes, without taking the rest into memory', () => {
    assert.throws(() => inPieces(new CsvSplitter(), 'a,b\n1,"2\n3,4\n', 3), /begins at line 2 does not end/)
    const endless = new CsvSplitter()
    endless.push('a,b\n"')
    assert.throws(() => {
      for (let piece = 0; piece < 100; piece += 1) endless.push('x'.repeat(65_536))
    }, /begins at line 2 does not end/)
  })

  it('needs a first line that names the columns', async () => {
    await assert.rejects(rowsOf('a@example.org,1\n', 'csv'), /first line/)
    await assert.rejects(rowsOf('email,email\n', 'csv'), /first line/)
  })
})

describe('JSON', () => {
  const value = fc.dictionary(
    fc.string({ maxLength: 5 }).filter((name) => name !== '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 4 },
  )
  const layouts = {
    'an array': (values: unknown[]) => JSON.stringify(values),
    'an array over many lines': (values: unknown[]) => JSON.stringify(values, null, 2),
    'one object a line': (values: unknown[]) => values.map((each) => JSON.stringify(each)).join('\n'),
    'objects over many lines': (values: unknown[]) =>
      values.map((each) => JSON.stringify(each, null, 2)).join('\n'),
    "Firebase's users": (values: unknown[]) => JSON.stringify({ users: values }, null, 1),
  }
  for (const [name, layout] of Object.entries(layouts)) {
    it(`gives back exactly the values of ${name}, however the file is cut`, () => {
      fc.assert(
        fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), pieceSize, (values, size) => {
          const plain: unknown[] = JSON.parse(JSON.stringify(values))
          const read = inPieces(new JsonSplitter(), layout(plain), size)
          assert.deepEqual(
            read.map(({ text }) => JSON.parse(text)),
            plain,
          )
        }),
        { numRuns: 300 },
      )
    })
  }

  it('tells the line at which each value begins', () => {
    const text = '\n[\n  {"a": 1},\n  {\n    "a": 2\n  }, {"a": 3}\n]\n'
    for (const size of [1, 3, 200]) {
      assert.deepEqual(
        inPieces(new JsonSplitter(), text, size).map(({ line }) => line),
        [3, 4, 6],
      )
    }
  })

  it('refuses a broken line of its own, and goes on with the next', async () => {
    assert.deepEqual(await rowsOf('{"a":1}\n{"a":"2\n{"a":3}\n7 8\n', 'json'), [
      { line: 1, fields: { a: 1 } },
      { line: 2, fault: 'this is not JSON' },
      { line: 3, fields: { a: 3 } },
      { line: 4, fault: 'this is not JSON' },
    ])
    assert.deepEqual(await rowsOf('[1, [2], null, "x", {"a":1}]', 'json'), [
      ...Array(4).fill({ line: 1, fault: 'this is no object' }),
      { line: 1, fields: { a: 1 } },
    ])
  })

  it('hands over what stands before a broken place of an array', async () => {
    const splitter = new JsonSplitter()
    const sound = `[${'{"a":1},\n'.repeat(20)}`
    assert.equal(splitter.push(`${sound}{"a":"2\n},{"a":3}]`).length, 20)
    assert.throws(() => splitter.end(), /begins at line 21 does not end/)
  })

  it('notices a list that was cut short', async () => {
    await assert.rejects(rowsOf('[{"a":1},\n{"a"', 'json'), /ends at line 2 before its list does/)
  })

  it('tells JSON from CSV', async () => {
    await assert.rejects(rowsOf('email\n', 'json'), /This file is no JSON/)
    await assert.rejects(rowsOf(' [{}]', 'csv'), /This file is JSON/)
  })
})
