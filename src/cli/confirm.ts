import { confirm, isCancel } from '@clack/prompts'
import { CommandFailure, exitCodes } from './failure.ts'

/** Resolves on a yes. Off a terminal nobody can be asked. */
export function confirmDeletion(email: string, input: boolean): Promise<void> {
  return confirmAct(input, {
    cannot: `Deleting an account cannot be undone. Confirm it: sallyport user delete ${email} --yes`,
    question: `Delete ${email}, its sessions and its tokens? This cannot be undone.`,
    without: 'Nothing was deleted.',
  })
}

/** As `confirmDeletion`, for a signing key. */
export function confirmRevocation(kid: string, input: boolean): Promise<void> {
  return confirmAct(input, {
    cannot: `Revoking a key cannot be undone. Confirm it: sallyport key revoke ${kid} --yes`,
    question: `Revoke ${kid}? Every token that it signed is refused at once. This cannot be undone.`,
    without: 'Nothing was revoked.',
  })
}

async function confirmAct(
  input: boolean,
  words: { cannot: string; question: string; without: string },
): Promise<void> {
  if (!input || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CommandFailure(words.cannot, exitCodes.usage)
  }
  const answer = await confirm({ message: words.question, initialValue: false, output: process.stderr })
  if (isCancel(answer)) throw new CommandFailure(words.without, exitCodes.interrupted)
  if (!answer) throw new CommandFailure(words.without)
}
