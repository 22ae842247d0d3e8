import { accessSync, constants, createReadStream, readFileSync, statSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { CommandFailure, exitCodes } from './failure.ts'
import { parseFirebaseParameters } from './import/firebase-hash.ts'
import { type FormatName, type ImportParameters, importFormats } from './import/formats.ts'
import { runImport } from './import/import-run.ts'
import { parsePassportParameters, passportDefaults } from './import/passport-hash.ts'
import { createImportReport } from './import/report.ts'
import { actAtDesk } from './open-desk.ts'
import { examples } from './output.ts'

type Options = typeof passportDefaults & {
  format: FormatName
  dryRun?: true
  json?: true
  report?: string
  hashConfig?: string
}

export function addImport(user: Command): void {
  const command = user
    .command('import')
    .description(
      'Create accounts from the export of another system, with the passwords that they have: each hash is verified as it is and ' +
        'replaced at its first login. An address that has an account is left alone, so that a run can be repeated. Prints each ' +
        'refused row; exit code 1 when there are any.',
    )
    .argument('<file>', 'the export, or - for standard input')
    .addOption(formatOption())
    .option('--dry-run', 'check everything and write nothing')
    .option(
      '--report <file>',
      'write what became of each row to a file, as JSON lines: new ids beside old ones',
    )
    .option('--json', 'as JSON')
    .option(
      '--hash-config <file>',
      "firebase: the project's password hash parameters, as its console shows them",
    )
    .option('--digest <name>', 'passport: sha1, sha256, sha384 or sha512', passportDefaults.digest)
    .option('--iterations <count>', 'passport: of PBKDF2', passportDefaults.iterations)
    .option('--salt-encoding <name>', 'passport: text, hex or base64', passportDefaults.saltEncoding)
    .option('--hash-encoding <name>', 'passport: hex or base64', passportDefaults.hashEncoding)
    .action(importUsers)
  examples(command, [
    'sallyport user import users.csv --format csv --dry-run',
    'sallyport user import users.json --format firebase --hash-config hash-config.txt --report report.jsonl',
    'sallyport user export | ssh other sallyport user import - --format json',
  ])
}

function formatOption(): Option {
  return new Option('--format <name>', 'what wrote the file')
    .choices(Object.keys(importFormats))
    .makeOptionMandatory()
}

async function importUsers(file: string, options: Options): Promise<void> {
  const { format, dryRun = false, json = false } = options
  const parameters = readParameters(options)
  const chunks = openFile(file)
  const refused = await actAtDesk(async (desk) => {
    const report = createImportReport({ json, dryRun, file: options.report })
    try {
      const { check: checkPassword } = desk.policy
      await runImport(desk, chunks, { format, parameters, dryRun, checkPassword }, report)
    } finally {
      report.end()
    }
    return report.refused
  })
  if (refused > 0) process.exitCode = exitCodes.failed
}

function readParameters(options: Options): ImportParameters {
  const { hashConfig } = options
  const firebase = hashConfig === undefined ? undefined : parseFirebaseParameters(readConfig(hashConfig))
  return { firebase, passport: parsePassportParameters(options) }
}

function readConfig(file: string): string {
  refuseUnreadable(file)
  return readFileSync(file, 'utf8')
}

function openFile(file: string): AsyncIterable<string> {
  if (file === '-') return process.stdin.setEncoding('utf8')
  refuseUnreadable(file)
  return createReadStream(file, 'utf8')
}

function refuseUnreadable(file: string): void {
  try {
    accessSync(file, constants.R_OK)
    if (!statSync(file).isDirectory()) return
  } catch {}
  throw new CommandFailure(`${file} is no file that can be read here.`, exitCodes.usage)
}
