/** Strings keep their quotes and lose their content, comments become spaces; every line stays where it was. */
export function blankLiterals(source: string): string {
  let code = ''
  for (let at = 0; at < source.length; ) {
    const end = literalEnd(source, at, code)
    code += end === at ? source[at] : blanked(source.slice(at, end))
    at = Math.max(end, at + 1)
  }
  return code
}

function blanked(literal: string): string {
  const spaces = literal.replace(/[^\n]/g, ' ')
  return /^\/[/*]/.test(literal) ? spaces : `'${spaces.slice(1, -1)}'`
}

/** Where the literal that begins here ends, or `at` when none does. */
function literalEnd(source: string, at: number, before: string): number {
  const rest = (pattern: RegExp) => {
    pattern.lastIndex = at
    return at + (pattern.exec(source)?.[0].length ?? 0)
  }
  if (source[at] === '`') return templateEnd(source, at)
  if (source[at] === "'" || source[at] === '"') return rest(/(['"])(?:\\[\s\S]|(?!\1)[^\\\n])*\1/y)
  if (source.startsWith('//', at)) return rest(/[^\n]*/y)
  if (source.startsWith('/*', at)) return rest(/[\s\S]*?\*\//y)
  // After an operand a slash divides; anywhere else it opens a regular expression.
  if (source[at] === '/' && /(?:^|[(,=:[!&|?{};+>]|\b(?:return|case|typeof))\s*$/.test(before.slice(-200))) {
    return rest(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y)
  }
  return at
}

function templateEnd(source: string, start: number): number {
  let at = start + 1
  while (at < source.length && source[at] !== '`') {
    if (source[at] === '\\') at += 2
    else if (source.startsWith('${', at)) at = expressionEnd(source, at + 2)
    else at++
  }
  return at + 1
}

function expressionEnd(source: string, start: number): number {
  let at = start
  for (let depth = 1; depth > 0 && at < source.length; ) {
    const end = literalEnd(source, at, source.slice(start - 1, at))
    if (end === at) {
      if (source[at] === '{') depth++
      if (source[at] === '}') depth--
    }
    at = Math.max(end, at + 1)
  }
  return at
}
