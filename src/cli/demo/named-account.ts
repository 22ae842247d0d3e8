import { developmentAccount } from '../../development-account.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { tell } from '../output.ts'
import { readPassword } from '../password.ts'
import { askCode, askPassword, isAskable } from './read-code.ts'
import type { createStdinLines } from './stdin-lines.ts'

export type AccountOptions = { email?: string; passwordStdin?: true; input: boolean }

export type Lines = ReturnType<typeof createStdinLines> | undefined

/** Who was named on the command line; `undefined` where nobody was. */
export async function readNamedAccount(
  { email, passwordStdin, input }: AccountOptions,
  lines: Lines,
): Promise<{ email: string; password: string } | undefined> {
  if (passwordStdin) {
    // Both from one pipe: the password is its first line, the code its second.
    const password = lines ? await lines.next('the password') : await readPassword()
    return { email: email ?? developmentAccount.email, password }
  }
  if (email === undefined) return undefined
  if (isAskable(input)) return { email, password: await askPassword(email) }
  throw new CommandFailure(
    `The password of ${email} is missing: add --password-stdin < password.txt`,
    exitCodes.usage,
  )
}

/** `undefined` where nobody can be asked for a code. */
export function codeAsker(
  { input }: Pick<AccountOptions, 'input'>,
  lines: Lines,
): ((destination: string) => Promise<string>) | undefined {
  if (lines) {
    return (destination) => {
      tell(`Waiting for the code that was mailed to ${destination}, on standard input.`)
      return lines.next('the code')
    }
  }
  return isAskable(input) ? askCode : undefined
}
