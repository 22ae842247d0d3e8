import type { Command } from 'commander'
import {
  createAccount,
  disableAccount,
  enableAccount,
  removeAccount,
  unlockAccount,
} from '../flow/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import { systemClock } from '../utils/clock.ts'
import type { Email } from '../utils/email.ts'
import { confirmDeletion } from './confirm.ts'
import { CommandFailure } from './failure.ts'
import { act, findUser, on } from './one-user.ts'
import { actAtDesk, withStores } from './open-desk.ts'
import { examples, print, printJson, tell } from './output.ts'
import { generatePassword, readPassword } from './password.ts'
import { addClaims } from './user-claims.ts'
import { addExport } from './user-export.ts'
import { addImport } from './user-import.ts'
import { addInvite } from './user-invite.ts'
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
  addInvite(user)
  addClaims(user)
  addImport(user)
  addExport(user)
  const remove = on(user, 'delete', 'Delete an account and end everything of it. Its audit entries stay.')
    .option('--yes', 'without asking')
    .option('--no-input', 'never ask')
    .action(async (email: Email, { yes, input, json }: { yes?: true; input: boolean; json?: true }) => {
      if (!yes) await confirmDeletion(email, input)
      await act(email, removeAccount, { words: ['Deleted', 'Deleted already'], json })
    })
  examples(remove, ['sallyport user delete nora@example.org --yes'])
}

function addCreate(user: Command): void {
  const create = on(user, 'create', 'Create an account that can log in at once.')
    .option('--password-stdin', 'read the password from standard input instead of generating one')
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
  const show = on(user, 'show', 'Show one account: its state, failed codes and live sessions.').action(
    (email: Email, { json }: { json?: true }) =>
      withStores((stores) => showUser(stores, email, json === true)),
  )
  examples(show, ['sallyport user show nora@example.org'])
}

function addSwitches(user: Command): void {
  addSwitch(user, 'disable', 'Refuse logins and end every session and token, at once.', disableAccount, [
    'Disabled',
    'Disabled already',
  ])
  addSwitch(user, 'enable', 'Let a disabled account log in again.', enableAccount, [
    'Enabled',
    'Not disabled',
  ])
  addSwitch(user, 'unlock', 'Lift every lock that wrong codes and passwords brought.', unlockAccount, [
    'Unlocked',
    'Unlocked',
  ])
}

function addSwitch(
  user: Command,
  verb: string,
  description: string,
  change: Parameters<typeof act>[1],
  words: [done: string, before: string],
): void {
  const command = on(user, verb, description).action((email: Email, { json }: { json?: true }) =>
    act(email, change, { words, json }),
  )
  examples(command, [`sallyport user ${verb} nora@example.org`])
}

async function createUser(email: Email, options: { passwordStdin?: true; json?: true }): Promise<void> {
  const given = options.passwordStdin ? await readPassword() : undefined
  const password = given ?? generatePassword()
  const created = await actAtDesk(async (desk) => {
    await desk.policy.check(password, { email })
    return createAccount(desk, { email, password, by: 'command' })
  })
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
