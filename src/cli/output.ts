import { styleText } from 'node:util'
import type { Command } from 'commander'

/** A result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A message to the person at the terminal. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** On a terminal only, and not where NO_COLOR asks for none. */
export function coloured(colour: 'green' | 'yellow' | 'red' | 'dim', text: string): string {
  return styleText(colour, text, { stream: process.stdout })
}

/** Help begins with what one would type. */
export function examples(command: Command, lines: string[]): Command {
  return command.addHelpText('before', ['Examples:', ...lines.map((line) => `  $ ${line}`), ''].join('\n'))
}
