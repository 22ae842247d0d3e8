import { existsSync, readFileSync } from 'node:fs'
import { Argument, type Command, Option } from 'commander'
import { type EffectiveSetting, type EffectiveSettings, effectiveSettings } from '../config/effective.ts'
import { entryList } from '../config/entries.ts'
import type { SettingNotice } from '../config/settings.ts'
import { exitCodes } from './failure.ts'
import { coloured, examples, print, printJson, tell } from './output.ts'

export function addConfigCommands(program: Command): void {
  const config = program
    .command('config')
    .description(
      'The settings as they are in effect here, and where each comes from. Secrets are never shown.',
    )
    .addOption(new Option('--env', 'as the lines of an .env').conflicts('json'))
    .option('--json', 'as JSON')
    .action(showConfig)
  examples(config, ['sallyport config', 'sallyport config explain', 'NODE_ENV=production sallyport config'])
  const explain = config
    .command('explain')
    .description(
      'What each setting brings and forbids, what contradicts itself, what production would refuse.',
    )
    .addArgument(
      new Argument('[NAME]', 'one setting; all without it').choices(entryList.map(([name]) => name)),
    )
    .option('--json', 'as JSON')
    .action((name: string | undefined, _options: object, command: Command) =>
      // Both commands know --json, and commander gives it to the first of them.
      explainConfig(name, command.optsWithGlobals().json === true),
    )
  examples(explain, ['sallyport config explain', 'sallyport config explain PUBLIC_URL'])
}

/** The environment of this moment and the .env of this directory, as the server would read them. */
function readHere(): EffectiveSettings {
  const dotEnv = existsSync('.env') ? readFileSync('.env', 'utf8') : ''
  return effectiveSettings(process.env, dotEnv, 'development')
}

function showConfig({ env, json }: { env?: true; json?: true }): void {
  const effective = readHere()
  if (json) printJson(withoutWords(effective))
  else if (env) for (const setting of effective.settings) print(envLine(setting))
  else {
    for (const { name, value, source } of effective.settings) {
      print(`${name.padEnd(19)} ${(value ?? '-').padEnd(36)} ${source}`)
    }
  }
  tellMistakes(effective)
}

function withoutWords({ settings, ...verdicts }: EffectiveSettings) {
  return {
    ...verdicts,
    settings: settings.map(({ name, value, source, isSecret }) => ({ name, value, source, isSecret })),
  }
}

function envLine({ name, value, isSecret, source }: EffectiveSetting): string {
  if (value === null) return `# ${name}=`
  if (isSecret) return `# ${name} is set (${source})`
  if (!/[#'"`\s]/.test(value)) return `${name}=${value}`
  // An .env knows three quotes and no escapes.
  const quote = ["'", '"', '`'].find((each) => !value.includes(each)) ?? ''
  return `${name}=${quote}${value}${quote}`
}

function explainConfig(name: string | undefined, json: boolean): void {
  const effective = readHere()
  const settings = effective.settings.filter((setting) => name === undefined || setting.name === name)
  const about = (notice: SettingNotice) => name === undefined || notice.name.replace(/_FILE$/, '') === name
  const shown: EffectiveSettings = {
    mode: effective.mode,
    settings,
    mistakes: effective.mistakes.filter(about),
    warnings: effective.warnings.filter(about),
    productionRefuses: effective.productionRefuses.filter(about),
  }
  if (json) printJson(shown)
  else printExplained(shown)
  tellMistakes(shown)
}

function printExplained({ mode, settings, warnings, productionRefuses }: EffectiveSettings): void {
  print(`Read as ${mode}.`)
  for (const { name, value, source, description, effect } of settings) {
    print(`\n${name} = ${value ?? '(unset)'}   ${coloured('dim', source)}`)
    print(`  is   ${description.replaceAll('`', '')}`)
    print(`  now  ${effect.replaceAll('`', '')}`)
  }
  print('')
  for (const notice of warnings) print(`${coloured('yellow', 'warn')}  ${sentence(notice)}`)
  if (productionRefuses.length === 0) print(`${coloured('green', 'ok')}    Production would start.`)
  for (const notice of productionRefuses) {
    print(`${coloured('red', 'production refuses')}  ${sentence(notice)}`)
  }
}

/** All of them together, as the server would at its start. */
function tellMistakes({ mistakes }: EffectiveSettings): void {
  for (const notice of mistakes) tell(sentence(notice))
  if (mistakes.length > 0) process.exitCode = exitCodes.configuration
}

function sentence({ name, wrong, fix }: SettingNotice): string {
  return `${name}: ${wrong}. Fix: ${fix}`
}
