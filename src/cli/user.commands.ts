import { type Command, InvalidArgumentError } from 'commander'
import {
  createAccount,
  disableAccount,
  enableAccount,
  removeAccount,
  unlockAccount,
} from '../flow/accounts.ts'
import { checkPasswordLength } from '../passwords/policy.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import { systemClock } from '../utils/clock.ts'
import { canonicalEmail, type Email } from '../utils/email.ts'
import { confirmDeletion } from './confirm.ts'
import { CommandFailure } from './failure.ts'
import { actAtDesk, type Desk, withStores } from './open-desk.ts'
import { examples, print, printJson, tell } from './output.ts'
import { generatePassword, readPassword } from './password.ts'
import { listUsers, viewUser } from './user-view.ts'

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('Accounts, beside a running server too.')
  examples(user, [
    'sallyport user create nora@example.org',
    'sallyport user list --json',
    'sallyport user disable nora@example.org',
  ])
  addCreate(user)
  addReads(user)
  addSwitches(user)
  const remove = on(user, 'delete', 'Delete an account and end everything of it. Its audit entries stay.')
    .option('--yes', 'without asking')
    .action(async (email: Email, { yes }: { yes?: true }) => {
      if (!yes) await confirmDeletion(email)
      await act(email, removeAccount, ['Deleted', 'Deleted already'])
    })
  examples(remove, ['sallyport user delete nora@example.org --yes'])
}

function addCreate(user: Command): void {
  const create = on(user, 'create', 'Create an account that can log in at once.')
    .option('--password-stdin', 'read the password from standard input instead of generating one')
    .option('--json', 'as JSON')
    .action((email: Email, options: { passwordStdin?: true; json?: true }) => createUser(email, options))
  examples(create, [
    'sallyport user create nora@example.org',
    'sallyport user create nora@example.org --password-stdin < password.txt',
    'sallyport user create nora@example.org --json | jq -r .password',
  ])
}

function addReads(user: Command): void {
  const list = user
    .command('list')
    .description('List all accounts, by address.')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) => withStores((stores) => listUsers(stores, json === true)))
  examples(list, ['sallyport user list', 'sallyport user list --json | jq -r ".[].email"'])
  const show = on(user, 'show', 'Show one account: its state, failed codes and live sessions.')
    .option('--json', 'as JSON')
    .action((email: Email, { json }: { json?: true }) =>
      withStores((stores) => showUser(stores, email, json === true)),
    )
  examples(show, ['sallyport user show nora@example.org'])
}

function addSwitches(user: Command): void {
  const disable = on(user, 'disable', 'Refuse logins and end every session and token, at once.').action(
    (email: Email) => act(email, disableAccount, ['Disabled', 'Disabled already']),
  )
  examples(disable, ['sallyport user disable nora@example.org'])
  const enable = on(user, 'enable', 'Let a disabled account log in again.').action((email: Email) =>
    act(email, enableAccount, ['Enabled', 'Not disabled']),
  )
  examples(enable, ['sallyport user enable nora@example.org'])
  const unlock = on(user, 'unlock', 'Lift the lock that wrong codes brought.').action((email: Email) =>
    act(email, unlockAccount, ['Unlocked', 'Unlocked']),
  )
  examples(unlock, ['sallyport user unlock nora@example.org'])
}

/** A command about one account. */
function on(user: Command, verb: string, description: string): Command {
  return user
    .command(verb)
    .description(description)
    .argument('<email>', 'the address of the account', toEmail)
}

function toEmail(text: string): Email {
  const email = canonicalEmail(text)
  if (email) return email
  throw new InvalidArgumentError(
    'Write name@example.org: an address in ASCII without quotes or comments, at a domain with a dot in it.',
  )
}

async function createUser(email: Email, options: { passwordStdin?: true; json?: true }): Promise<void> {
  const given = options.passwordStdin ? await readPassword() : undefined
  const password = given ?? generatePassword()
  checkPasswordLength(password)
  const created = await actAtDesk((desk) => createAccount(desk, { email, password, by: 'command' }))
  if (!created) throw new CommandFailure(`${email} has an account already. See: sallyport user show ${email}`)
  if (options.json) return printJson({ id: created.id, email, ...(given === undefined && { password }) })
  if (given !== undefined) return tell(`Created ${email} (${created.id}).`)
  tell(`Created ${email} (${created.id}). Its password is shown once, now, and kept only as a hash:`)
  print(password)
}

async function showUser(stores: Stores, email: Email, json: boolean): Promise<void> {
  const now = systemClock.now()
  const account = await findUser(stores, email)
  const sessions = await stores.read.sessions.listOf(account.id, now)
  const view = { ...viewUser(account, now), wrongCodesThisYear: account.codeTally.yearFailures }
  if (json) return printJson({ ...view, sessions: sessions.length })
  for (const [name, value] of Object.entries({ ...view, sessions: sessions.length })) {
    print(`${name.padEnd(19)} ${value ?? '-'}`)
  }
}

/** Done twice, it is done: only the message differs. */
async function act(
  email: Email,
  change: (desk: Desk, account: AccountRecord) => Promise<unknown>,
  [done, before]: [done: string, before: string],
): Promise<void> {
  const changed = await actAtDesk(async (desk) => change(desk, await findUser(desk.stores, email)))
  tell(`${changed === false ? before : done}: ${email}`)
}

async function findUser(stores: Stores, email: Email): Promise<AccountRecord> {
  const account = await stores.read.accounts.findByEmail(email)
  if (account) return account
  throw new CommandFailure(`No account has the address ${email}. See: sallyport user list`)
}
