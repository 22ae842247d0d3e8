import { entryList } from './entries.ts'
import type { Entry } from './entry.ts'

/** The text of .env.example. */
export function renderEnvExample(): string {
  return `${[intro, ...blocks()].join('\n\n')}\n`
}

const intro = [
  '# The settings of Sallyport. Copy this file to .env; `npm run dev` does it for you, with a fresh secret.',
  '# Lines that begin with # show a default or an example. docs/configuration.md explains each setting.',
].join('\n')

/** The lines that a first .env needs; everything else has a default that works. */
const active = new Set(['PORT', 'SESSION_SECRET'])

function blocks(): string[] {
  return entryList.map(([name, entry]) => {
    const line = `${name}=${entry.default ?? entry.example ?? ''}`
    return [...comment(name, entry), active.has(name) ? line : `# ${line}`].join('\n')
  })
}

function comment(name: string, entry: Entry<unknown>): string[] {
  const fromFile = entry.secret ? ` ${name}_FILE names a file to read it from instead.` : ''
  return wrap(`${entry.description}${fromFile}`.replaceAll('`', '')).map((line) => `# ${line}`)
}

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
