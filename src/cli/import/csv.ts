import { refuseEndless } from './endless.ts'

export type CsvLine = { line: number; cells: string[] }

type State = 'plain' | 'quoted' | 'after quote'

/** Reads CSV as RFC 4180 has it, in pieces of any size: quotes around cells, and line breaks within them. */
export class CsvSplitter {
  #state: State = 'plain'
  #cells: string[] = []
  #cell = ''
  #length = 0
  #line = 1
  #startLine = 1

  push(text: string): CsvLine[] {
    const lines: CsvLine[] = []
    for (const char of text) {
      if (char === '\n') this.#line += 1
      this.#take(char, lines)
    }
    refuseEndless(this.#startLine, this.#length + this.#cell.length)
    return lines
  }

  end(): CsvLine[] {
    if (this.#state === 'quoted') refuseEndless(this.#startLine)
    const lines: CsvLine[] = []
    this.#endCell()
    this.#endLine(lines)
    return lines
  }

  #take(char: string, lines: CsvLine[]): void {
    if (this.#state === 'quoted') {
      if (char === '"') this.#state = 'after quote'
      else this.#cell += char
      return
    }
    const isText = this.#state === 'after quote'
    if (char === '"' && (isText || this.#cell === '')) {
      // Of two quotes within a cell the second one is its text.
      if (isText) this.#cell += char
      this.#state = 'quoted'
      return
    }
    this.#state = 'plain'
    if (char === ',' || char === '\n') this.#endCell()
    else if (char !== '\r') this.#cell += char
    if (char === '\n') this.#endLine(lines)
  }

  #endCell(): void {
    this.#length += this.#cell.length
    this.#cells.push(this.#cell)
    this.#cell = ''
  }

  #endLine(lines: CsvLine[]): void {
    const isEmpty = this.#cells.length === 1 && this.#cells[0] === ''
    if (!isEmpty) lines.push({ line: this.#startLine, cells: this.#cells })
    this.#cells = []
    this.#length = 0
    this.#startLine = this.#line
  }
}

/**
 * Every cell in quotes, and an apostrophe before what a spreadsheet would take for a formula (ASVS 1.2.10). Such an apostrophe gets
 * another one, so that `withoutFormulaGuard` gives back any cell exactly.
 */
export function writeCsvLine(cells: readonly string[]): string {
  return cells.map((cell) => `"${withFormulaGuard(cell).replaceAll('"', '""')}"`).join(',')
}

export function withoutFormulaGuard(cell: string): string {
  return /^'['=+\-@\t\r\n]/.test(cell) ? cell.slice(1) : cell
}

function withFormulaGuard(cell: string): string {
  return /^['=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell
}
