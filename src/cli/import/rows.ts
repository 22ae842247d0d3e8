import { CommandFailure } from '../failure.ts'
import { type CsvLine, CsvSplitter, withoutFormulaGuard } from './csv.ts'
import { JsonSplitter } from './json.ts'

/** One account as a file has it. `line` is the one that it begins at. */
export type Row = { line: number; fields: Record<string, unknown> } | { line: number; fault: string }

export type Spelling = 'csv' | 'json'

/** The rows of a file of any length, one after the other. Of the two spellings a list or an object tells JSON from CSV. */
export async function* readRows(
  chunks: AsyncIterable<string>,
  options: { spellings: readonly Spelling[]; isGuarded: boolean },
): AsyncGenerator<Row> {
  let read: RowReader | undefined
  for await (const chunk of chunks) {
    // A byte order mark counts as space here.
    const text = read ? chunk : chunk.trimStart()
    if (text === '') continue
    read ??= createReader(/^[[{]/.test(text) ? 'json' : 'csv', options, lineBreaks(chunk, text))
    yield* read.push(text)
  }
  if (read) yield* read.end()
}

type RowReader = { push(text: string): Iterable<Row>; end(): Iterable<Row> }

function createReader(
  spelling: Spelling,
  options: { spellings: readonly Spelling[]; isGuarded: boolean },
  skippedLines: number,
): RowReader {
  const { spellings, isGuarded } = options
  if (!spellings.includes(spelling)) throw new CommandFailure(otherSpelling(spelling))
  const reader = spelling === 'json' ? jsonReader() : csvReader(isGuarded)
  const shift = (rows: Iterable<Row>) =>
    Array.from(rows, (row) => ({ ...row, line: row.line + skippedLines }))
  return { push: (text) => shift(reader.push(text)), end: () => shift(reader.end()) }
}

function jsonReader(): RowReader {
  const splitter = new JsonSplitter()
  return {
    push: (text) => splitter.push(text).map(({ line, text: value }) => parseRow(line, value)),
    end: () => splitter.end().map(({ line, text: value }) => parseRow(line, value)),
  }
}

function parseRow(line: number, text: string): Row {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { line, fields: value as Record<string, unknown> }
    }
    return { line, fault: 'this is no object' }
  } catch {
    return { line, fault: 'this is not JSON' }
  }
}

function csvReader(isGuarded: boolean): RowReader {
  const splitter = new CsvSplitter()
  let names: string[] | undefined
  const toRow = ({ line, cells }: CsvLine): Row[] => {
    if (!names) {
      names = checkNames(cells)
      return []
    }
    if (cells.length !== names.length) {
      return [{ line, fault: `the row has ${cells.length} cells, but there are ${names.length} columns` }]
    }
    const fields = names.map((name, index) => [name, cellOf(name, cells[index] as string, isGuarded)])
    return [{ line, fields: Object.fromEntries(fields) }]
  }
  return {
    push: (text) => splitter.push(text).flatMap(toRow),
    end: () => splitter.end().flatMap(toRow),
  }
}

/** An export has no password in the clear, so that an apostrophe there is its owner's own. */
function cellOf(name: string, cell: string, isGuarded: boolean): string {
  return isGuarded && name !== 'password' ? withoutFormulaGuard(cell) : cell
}

/** Without its first line a file would lose its first account, silently. */
function checkNames(names: string[]): string[] {
  if (new Set(names).size === names.length && !names.some((name) => name.includes('@'))) return names
  throw new CommandFailure('The first line of the CSV has to name its columns, each by a name of its own.')
}

function lineBreaks(chunk: string, text: string): number {
  return chunk.slice(0, chunk.length - text.length).split('\n').length - 1
}

function otherSpelling(found: Spelling): string {
  const [is, isNot] = found === 'json' ? ['JSON', 'CSV'] : ['no JSON', 'JSON']
  return `This file is ${is}, and this format is read from ${isNot}. See: sallyport user import --help`
}
