import { Command, CommanderError } from 'commander'
import { version } from '../version.ts'
import { addAuditCommands } from './audit.commands.ts'
import { addCompletionCommand } from './completion.command.ts'
import { addConfigCommands } from './config.commands.ts'
import { addDemoCommand } from './demo.command.ts'
import { addDoctorCommand } from './doctor.command.ts'
import { addExplainCommand } from './explain.command.ts'
import { describeFailure, exitCodes } from './failure.ts'
import { endOnInterrupt } from './interrupt.ts'
import { addKeyCommands } from './key.commands.ts'
import { addMailCommands } from './mail.commands.ts'
import { addMigrateCommand } from './migrate.commands.ts'
import { examples, tell } from './output.ts'
import { addSecretCommand } from './secret.commands.ts'
import { addServerCommands } from './server.commands.ts'
import { addSimulateCommand } from './simulate.command.ts'
import { addTokenCommands } from './token.commands.ts'
import { addUserCommands } from './user.commands.ts'

/**
 * The commands of `sallyport`: results on stdout, messages on stderr, colours on a terminal only. Exit codes: 0 done, 1 failed,
 * 2 wrong usage, 69 a dependency is unavailable, 78 configuration, 130 interrupted.
 *
 * @param argv as in `process.argv`
 */
export async function runCommandLine(argv: string[]): Promise<void> {
  process.stdout.on('error', endWithReader)
  try {
    await createProgram().parseAsync(argv)
  } catch (reason) {
    // commander has written its own message already; what it refuses is usage, whatever code it gives that.
    if (reason instanceof CommanderError) process.exitCode = reason.exitCode === 0 ? 0 : exitCodes.usage
    else {
      const { text, code } = await describeFailure(reason)
      tell(text)
      process.exitCode = code
    }
  }
}

function createProgram(): Command {
  const program = new Command('sallyport')
    .description('Login that explains itself: the server and its commands.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help shows examples)')
    .hook('preAction', (_program, command) => {
      // Servers drain first.
      if (!['start', 'dev'].includes(command.name())) endOnInterrupt()
    })
  examples(program, [
    'sallyport dev',
    'sallyport user create nora@example.org',
    'sallyport doctor',
    'sallyport user --help',
  ])
  addServerCommands(program)
  addMigrateCommand(program)
  addSecretCommand(program)
  addUserCommands(program)
  addKeyCommands(program)
  addAuditCommands(program)
  addMailCommands(program)
  addDemoCommand(program)
  addDoctorCommand(program)
  addSimulateCommand(program)
  addConfigCommands(program)
  addTokenCommands(program)
  addExplainCommand(program)
  addCompletionCommand(program)
  return program
}

/** `sallyport user list | head` is not a failure: whoever read has read enough. */
function endWithReader(reason: NodeJS.ErrnoException): void {
  if (reason.code !== 'EPIPE') throw reason
  process.exit(0)
}
