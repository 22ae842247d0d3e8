import { type Command, InvalidArgumentError } from 'commander'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import { canonicalEmail, type Email } from '../utils/email.ts'
import { CommandFailure } from './failure.ts'
import { actAtDesk, type Desk } from './open-desk.ts'
import { printJson, tell } from './output.ts'

/** A command about one account. Each can answer as JSON. */
export function on(user: Command, verb: string, description: string): Command {
  return user
    .command(verb)
    .description(description)
    .argument('<email>', 'the address of the account', toEmail)
    .option('--json', 'as JSON')
}

function toEmail(text: string): Email {
  const email = canonicalEmail(text)
  if (email) return email
  throw new InvalidArgumentError(
    'Write name@example.org: an address in ASCII without quotes or comments, at a domain with a dot in it.',
  )
}

/** Done twice, it is done: only the message differs. */
export async function act(
  email: Email,
  change: (desk: Desk, account: AccountRecord) => Promise<unknown>,
  { words: [done, before], json }: { words: [done: string, before: string]; json?: true | undefined },
): Promise<void> {
  const changed = await actAtDesk(async (desk) => change(desk, await findUser(desk.stores, email)))
  if (json) return printJson({ email, changed: changed !== false })
  tell(`${changed === false ? before : done}: ${email}`)
}

export async function findUser(stores: Stores, email: Email): Promise<AccountRecord> {
  const account = await stores.read.accounts.findByEmail(email)
  if (account) return account
  throw new CommandFailure(`No account has the address ${email}. See: sallyport user list`)
}
