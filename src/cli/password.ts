import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { CommandFailure, exitCodes } from './failure.ts'

/** 120 random bits in groups that can be read out: no letter looks like another, and 32 of them divide a byte evenly. */
export function generatePassword(): string {
  const letters = Array.from(randomBytes(24), (byte) => alphabet[byte % alphabet.length])
  return (letters.join('').match(/.{6}/g) as string[]).join('-')
}

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** The exact text of standard input without the line break that `echo` and editors add. */
export async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) throw new CommandFailure(typedPassword, exitCodes.usage)
  const bytes = await buffer(process.stdin)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
  } catch {
    throw new CommandFailure('The password on standard input is not UTF-8 text. Save it as UTF-8.')
  }
}

const typedPassword =
  '--password-stdin reads from a pipe or a file, so that a password is not shown while it is typed: ' +
  'add `< password.txt`, or leave it out and one is generated.'
