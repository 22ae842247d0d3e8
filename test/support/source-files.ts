/** What the architecture test reads of a source file: its imports, and its code without strings and comments. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blankLiterals } from './blank-literals.ts'

export type SourceFile = {
  /** From its folder on: `flow/log-in.ts`. */
  path: string
  lines: number
  /** Same length and lines as the file, with strings, templates, regular expressions and comments blanked. */
  code: string
  imports: Import[]
}

export type Import = {
  /** As written: `../utils/clock.ts`, `pg`, `node:net`. */
  from: string
  /** `import type`, or nothing but types between the braces. */
  isTypeOnly: boolean
}

/** @param folder `verify/src` and `client/src` are the packages beside the server */
export function readSourceFiles(folder = 'src'): SourceFile[] {
  const source = join(import.meta.dirname, '../..', folder)
  return globSync('**/*.ts', { cwd: source })
    .sort()
    .map((path) => {
      const text = readFileSync(join(source, path), 'utf8')
      return {
        path,
        lines: text.trimEnd().split('\n').length,
        code: blankLiterals(text),
        imports: importsOf(text),
      }
    })
}

export function importsOf(text: string): Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+([^'"`;]*?)\s*from\s*'([^']+)'/gm)
  const bare = text.matchAll(/(?:^import\s+|\bimport\(\s*)()'([^']+)'/gm)
  return [...statements, ...bare].map(([, clause = '', from = '']) => ({
    from,
    isTypeOnly: isTypeOnly(clause),
  }))
}

function isTypeOnly(clause: string): boolean {
  if (clause.startsWith('type ')) return true
  const names = /^\{([^}]*)\}$/
    .exec(clause.trim())?.[1]
    ?.split(',')
    .map((name) => name.trim())
  return names?.every((name) => name === '' || name.startsWith('type ')) ?? false
}
