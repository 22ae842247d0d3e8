import { confirm, isCancel } from '@clack/prompts'
import { CommandFailure, exitCodes } from './failure.ts'

/** Resolves on a yes. Off a terminal nobody can be asked. */
export async function confirmDeletion(email: string, input: boolean): Promise<void> {
  if (!input || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CommandFailure(
      `Deleting an account cannot be undone. Confirm it: sallyport user delete ${email} --yes`,
      exitCodes.usage,
    )
  }
  const answer = await confirm({
    message: `Delete ${email}, its sessions and its tokens? This cannot be undone.`,
    initialValue: false,
    output: process.stderr,
  })
  if (isCancel(answer)) throw new CommandFailure('Nothing was deleted.', exitCodes.interrupted)
  if (!answer) throw new CommandFailure('Nothing was deleted.')
}
