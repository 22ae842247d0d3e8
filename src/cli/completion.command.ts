import { Argument, type Command } from 'commander'
import { type Completion, scripts } from './completion/scripts.ts'
import { examples, print } from './output.ts'

export function addCompletionCommand(program: Command): void {
  const shells = Object.keys(scripts) as (keyof typeof scripts)[]
  const completion = program
    .command('completion')
    .description('Print what makes a shell complete the commands and options of sallyport.')
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .action((shell: keyof typeof scripts) => print(scripts[shell](completionsOf(program, []))))
  examples(completion, [
    'sallyport completion bash >> ~/.bashrc',
    'sallyport completion zsh > ~/.zfunc/_sallyport',
    'sallyport completion fish > ~/.config/fish/completions/sallyport.fish',
  ])
}

/** Every command with what may follow it. */
function completionsOf(command: Command, path: string[]): Completion[] {
  const subcommands = command.commands.map((each) => ({ word: each.name(), says: each.description() }))
  const options = command.options.map((each) => ({ word: each.long ?? each.flags, says: each.description }))
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const words = [...subcommands, ...choices.map((word) => ({ word, says: '' })), ...options]
  return [
    { path: path.join(' '), words: [...words, { word: '--help', says: 'help, with examples' }] },
    ...command.commands.flatMap((each) => completionsOf(each, [...path, each.name()])),
  ]
}
