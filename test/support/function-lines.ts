/**
 * How long each function is, from its parameters to its closing brace. Lines of a function inside it count for that one
 * only: a factory of ten small methods is not a long function.
 *
 * A scan of braces, not a parser: TypeScript 7 offers none to programs, and a limit on length needs no more.
 */
export type FunctionLines = { line: number; lines: number }

/** @param code a source file without its literals, from `blankLiterals` */
export function functionLines(code: string): FunctionLines[] {
  const found: FunctionLines[] = []
  const open: { start: number | undefined; nestedLines: number }[] = []
  for (const { 0: brace, index } of code.matchAll(/[{}]/g)) {
    if (brace === '{') {
      open.push({ start: functionStart(code, index), nestedLines: 0 })
      continue
    }
    const block = open.pop()
    const enclosing = open.findLast(({ start }) => start !== undefined)
    if (block?.start === undefined) continue
    const line = lineAt(code, block.start)
    const span = lineAt(code, index) - line + 1
    found.push({ line, lines: span - block.nestedLines })
    // The line on which it begins belongs to both.
    if (enclosing) enclosing.nestedLines += span - 1
  }
  return found
}

/** Where the function begins whose body this brace opens; `undefined` for every other brace. */
function functionStart(code: string, brace: number): number | undefined {
  const before = code.slice(0, brace).trimEnd()
  if (before.endsWith('=>')) return before.length
  // Inside a type: `Promise<{`, `| {`.
  if (/[<|&,]$/.test(before)) return undefined
  const close = parametersEnd(before)
  if (close === undefined) return undefined
  const start = openingOf(before, close)
  const isStatement = /\b(?:if|for|await|while|switch|catch|with)\s*$/.test(
    before.slice(Math.max(0, start - 20), start),
  )
  return isStatement ? undefined : start
}

/** The closing parenthesis of the parameters, looked for backwards over a return type. */
function parametersEnd(before: string): number | undefined {
  for (let at = before.length - 1; at >= 0; at--) {
    const char = before[at] as string
    if (char === ')' && at === before.length - 1) return at
    if (char === ':') {
      const left = before.slice(0, at).trimEnd()
      // `: {` opens a type or an object, never a body.
      return left.endsWith(')') && at < before.length - 1 ? left.length - 1 : undefined
    }
    // A brace that ends its line closed a block of its own: what follows is a new statement.
    if (char === '}' && /^\s*\n/.test(before.slice(at + 1))) return undefined
    const isTypeSyntax = /[\w\s.,|&<>'?)\]}$]/.test(char) || before.startsWith('=>', at)
    if (!isTypeSyntax) return undefined
    if (')]}'.includes(char)) at = openingOf(before, at)
  }
  return undefined
}

/** The bracket that this closing one belongs to. */
function openingOf(text: string, close: number): number {
  let depth = 0
  for (let at = close; at >= 0; at--) {
    if (')]}'.includes(text[at] as string)) depth++
    if ('([{'.includes(text[at] as string) && --depth === 0) return at
  }
  return 0
}

function lineAt(code: string, index: number): number {
  return code.slice(0, index).split('\n').length
}
