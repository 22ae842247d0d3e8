import type { Command } from 'commander'
import { migrate, migrationStatus } from '../stores/migrations/migrations.ts'
import { readOperatorSettings, withDatabase } from './open-desk.ts'
import { examples, print, printJson, tell } from './output.ts'

export function addMigrateCommand(program: Command): void {
  const command = program
    .command('migrate')
    .description('Bring the store to this version. Servers do the same at their start.')
    .option('--status', 'show what is applied and what is pending, and apply nothing')
    .option('--json', 'as JSON')
    .action(({ status, json }: { status?: true; json?: true }) =>
      status ? showStatus(json === true) : applyPending(json === true),
    )
  examples(command, ['sallyport migrate', 'sallyport migrate --status --json'])
}

/** Exit code 0 also with pending ones: they are an answer, not a failure. */
async function showStatus(json: boolean): Promise<void> {
  const migrations = await withDatabase(readOperatorSettings().settings, migrationStatus)
  if (json) return printJson({ migrations })
  for (const { id, state } of migrations) print(`${state.padEnd(8)} ${id}`)
}

async function applyPending(json: boolean): Promise<void> {
  const applied = await withDatabase(readOperatorSettings().settings, (database) => migrate(database))
  if (json) return printJson({ applied })
  for (const id of applied) print(`applied  ${id}`)
  if (applied.length === 0) tell('Nothing to do: the store is of this version.')
}
