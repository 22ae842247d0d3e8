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

/** Help begins with what one would type. */
export function examples(command: Command, lines: string[]): Command {
  return command.addHelpText('before', ['Examples:', ...lines.map((line) => `  $ ${line}`), ''].join('\n'))
}
