import type { Command } from 'commander'
import { invite } from '../flow/accounts.ts'
import type { Email } from '../utils/email.ts'
import { CommandFailure } from './failure.ts'
import { on } from './one-user.ts'
import { actAtDesk } from './open-desk.ts'
import { examples, printJson, tell } from './output.ts'

export function addInvite(user: Command): void {
  const command = on(
    user,
    'invite',
    'Mail the code of an invitation. The running server sends it; only that mailbox can register with it, within 7 days.',
  ).action(inviteUser)
  examples(command, ['sallyport user invite nora@example.org'])
}

async function inviteUser(email: Email, { json }: { json?: true }): Promise<void> {
  const invited = await actAtDesk((desk) => invite(desk, email))
  if (!invited) throw new CommandFailure(`${email} has an account already. See: sallyport user show ${email}`)
  const expiresAt = new Date(invited.expiresAt).toISOString()
  if (json) return printJson({ email, expiresAt })
  tell(`Invited ${email}. The code is on its way, and good until ${expiresAt}.`)
}
