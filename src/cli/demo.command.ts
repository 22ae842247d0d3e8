import type { Command } from 'commander'
import { developmentAccount } from '../development-account.ts'
import { type AccountOptions, codeAsker, readNamedAccount } from './demo/named-account.ts'
import { createStdinLines } from './demo/stdin-lines.ts'
import { walk } from './demo/walk.ts'
import { exitCodes } from './failure.ts'
import { interruptible } from './interrupt.ts'
import { readOperatorSettings } from './open-desk.ts'
import { coloured, examples, print, printJson, tell } from './output.ts'
import type { StepReport } from './take-step.ts'
import { toTargetUrl } from './target-url.ts'

type Options = AccountOptions & { codeStdin?: true; json?: true }

export function addDemoCommand(program: Command): void {
  const demo = program
    .command('demo')
    .description(
      'Walk login, code, token, protected route, refresh and logout against a running server, and tell what happens. ' +
        'Exit code 0 only if all of it holds, so it is a smoke test too.',
    )
    .argument('[url]', 'the server; PUBLIC_URL of the settings here without it', toTargetUrl)
    .option('--email <address>', 'another account than the one of development')
    .option('--password-stdin', 'its password, from standard input')
    .option('--code-stdin', 'the code, as the next line of standard input, once it was mailed')
    .option('--json', 'as JSON')
    .option('--no-input', 'never ask')
    .action(runDemo)
  examples(demo, [
    'sallyport demo',
    'sallyport demo http://localhost:5000 --json | jq .ok',
    'sallyport demo https://auth.example --email nora@example.org --password-stdin < password.txt',
  ])
}

async function runDemo(wanted: string | undefined, options: Options): Promise<void> {
  const url = wanted ?? readOperatorSettings().settings.publicUrl
  const lines = options.codeStdin ? createStdinLines() : undefined
  try {
    const account = (await readNamedAccount(options, lines)) ?? developmentAccount
    const code = codeAsker(options, lines)
    if (!options.json) print(`Sallyport at ${url}, as ${account.email}`)
    const onStep = options.json ? () => {} : printStep
    const steps = await interruptible((signal) => walk({ url, ...account, askCode: code, onStep, signal }))
    const failed = steps.find(({ ok }) => !ok)
    if (options.json) printJson({ url, ok: !failed, steps })
    if (failed) process.exitCode = exitCodeOf(failed)
    else if (!options.json) tell('All of it holds.')
  } finally {
    lines?.close()
  }
}

function exitCodeOf({ problem }: StepReport): number {
  return problem?.code === 'unreachable' ? exitCodes.unavailable : exitCodes.failed
}

function printStep(report: StepReport): void {
  const { step, method, path, status, ok, sent, answered, cookies, means, problem } = report
  const verdict = ok ? coloured('green', String(status)) : coloured('red', `${status ?? '---'} failed`)
  const row = (name: string, text: string) => print(`  ${name.padEnd(9)} ${text}`)
  print(`\n${step}: ${method} ${path}  ${verdict}`)
  if (sent) row('sent', JSON.stringify(sent))
  if (answered !== null) row('answered', typeof answered === 'string' ? answered : JSON.stringify(answered))
  for (const cookie of cookies) row('cookie', cookie)
  if (!problem) row('means', means)
  else {
    row('code', problem.code)
    if (problem.cause !== undefined) row('cause', problem.cause)
    row('because', problem.detail)
    row('fix', problem.fix)
  }
}
