import { type Command, Option } from 'commander'
import { readClaims } from '../flow/account-claims.ts'
import type { AccountRecord } from '../stores/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import { writeCsvLine } from './import/csv.ts'
import { withStores } from './open-desk.ts'
import { examples, print, tell } from './output.ts'

type Spelling = 'json' | 'csv'

export function addExport(user: Command): void {
  const command = user
    .command('export')
    .description(
      'Print all accounts WITH THEIR PASSWORD HASHES, as `user import` reads them. Whoever gets that file can guess at every ' +
        'password in it: keep it as you keep SESSION_SECRET, and delete it when it is imported.',
    )
    .addOption(new Option('--format <name>', 'how to write them').choices(['json', 'csv']).default('json'))
    .action(({ format }: { format: Spelling }) => withStores((stores) => exportUsers(stores, format)))
  examples(command, [
    'umask 077; sallyport user export > accounts.json',
    'sallyport user export --format csv | age -r age1... > accounts.csv.age',
  ])
}

/** Ids are kept: they are the `sub` of tokens, and other people's tables refer to them. */
async function exportUsers({ read }: Stores, format: Spelling): Promise<void> {
  let count = 0
  if (format === 'csv') print(writeCsvLine(columns))
  for (let afterEmail = ''; ; ) {
    const page = await read.accounts.list({ afterEmail, limit: 1_000 })
    const last = page.at(-1)
    if (!last) break
    for (const account of page) {
      writeAccount(toExported(account), format, count === 0)
      count += 1
    }
    afterEmail = last.email
  }
  if (format === 'json') print(count === 0 ? '[]' : '\n]')
  tell(
    `Exported ${count} accounts with their password hashes. This file is a secret: delete it when it is imported.`,
  )
}

const columns = ['id', 'email', 'passwordHash', 'createdAt', 'disabledAt', 'claims'] as const
type Exported = Record<(typeof columns)[number], unknown>

function toExported({ id, email, passwordHash, createdAt, disabledAt, claims }: AccountRecord): Exported {
  return {
    id,
    email,
    passwordHash,
    createdAt: new Date(createdAt).toISOString(),
    disabledAt: disabledAt === null ? null : new Date(disabledAt).toISOString(),
    claims: readClaims(claims),
  }
}

function writeAccount(account: Exported, format: Spelling, isFirst: boolean): void {
  if (format === 'csv') print(writeCsvLine(columns.map((column) => toCell(account[column]))))
  else process.stdout.write(`${isFirst ? '[' : ','}\n  ${JSON.stringify(account)}`)
}

function toCell(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
}
