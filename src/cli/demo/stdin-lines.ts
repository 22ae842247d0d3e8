import { createInterface } from 'node:readline'
import { CommandFailure, exitCodes } from '../failure.ts'

/** Standard input line by line, as they are needed: the code is known only once the password was sent. */
export function createStdinLines(): { next(what: string): Promise<string>; close(): void } {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  return {
    async next(what) {
      const { value, done } = await lines.next()
      if (!done) return value.trim()
      throw new CommandFailure(`Standard input ended before ${what}.`, exitCodes.usage)
    },
    close() {
      process.stdin.destroy()
    },
  }
}
