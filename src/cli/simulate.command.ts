import { randomBytes } from 'node:crypto'
import { type Command, Option } from 'commander'
import { type AccountOptions, codeAsker, readNamedAccount } from './demo/named-account.ts'
import { createStdinLines } from './demo/stdin-lines.ts'
import { exitCodes } from './failure.ts'
import { interruptible } from './interrupt.ts'
import { readOperatorSettings } from './open-desk.ts'
import { examples, print, printJson } from './output.ts'
import { toLatency, toShare, wholeNumberUpTo } from './simulate/parse-option.ts'
import { printReport, toReport } from './simulate/report.ts'
import type { Mode } from './simulate/simulate.ts'
import { toTargetUrl } from './target-url.ts'

type Options = AccountOptions & {
  tabs: number
  loss: number
  latency: number
  seconds?: number
  rounds?: number
  mode: Mode
  seed?: string
  codeStdin?: true
  json?: true
}

const most = { tabs: 50, seconds: 3_600, rounds: 100_000 }

export function addSimulateCommand(program: Command): void {
  const simulate = program
    .command('simulate')
    .description(
      'Let the tabs of one browser and an app renew their tokens over a bad network, against a running server, and report forks, ' +
        'sign-outs and reuse alarms. Exit code 0 only if there were none.',
    )
    .argument('[url]', 'the server; PUBLIC_URL of the settings here without it', toTargetUrl)
    .option('--tabs <n>', `tabs of the browser, up to ${most.tabs}`, wholeNumberUpTo(most.tabs), 5)
    .addOption(
      new Option('--loss <percent>', 'requests that get no reply: half never leave, half lose their reply')
        .argParser(toShare)
        .default(0.1, '10%'),
    )
    .addOption(
      new Option('--latency <duration>', 'each way takes up to this long more')
        .argParser(toLatency)
        .default(50, '50ms'),
    )
    .option('--seconds <n>', 'how long; 10 without --rounds', wholeNumberUpTo(most.seconds))
    .option('--rounds <n>', 'renewals of each client at most', wholeNumberUpTo(most.rounds))
    .addOption(
      new Option('--mode <mode>', 'by cookie, by stored refresh token')
        .choices(['both', 'cookie', 'refresh'])
        .default('both'),
    )
    .option('--seed <text>', 'the same losses as in another run with it')
    .option('--email <address>', 'the account; else that of development, or one that is made for it')
    .option('--password-stdin', 'its password, from standard input')
    .option('--code-stdin', 'the codes, as next lines of standard input, once they were mailed')
    .option('--json', 'as JSON')
    .option('--no-input', 'never ask')
    .action(runSimulate)
  examples(simulate, [
    'sallyport simulate --tabs 5 --loss 10%',
    'sallyport simulate http://localhost:5000 --loss 40% --seconds 60',
    'sallyport simulate --seed 4711 --rounds 20 --json | jq .ok',
  ])
}

async function runSimulate(wanted: string | undefined, options: Options): Promise<void> {
  const { tabs, loss, latency, mode, json, rounds = most.rounds } = options
  const url = wanted ?? readOperatorSettings().settings.publicUrl
  const seed = options.seed ?? randomBytes(4).toString('hex')
  const seconds = options.seconds ?? (options.rounds === undefined ? 10 : most.seconds)
  const about = { url, seed, tabs, loss, mode }
  const onStart = (email: string) => {
    if (json) return
    const clients = `${tabs} ${tabs === 1 ? 'tab' : 'tabs'}${mode === 'cookie' ? '' : ' and an app'}`
    print(
      `Sallyport at ${url}, as ${email}: ${clients}, ${Math.round(loss * 100_000) / 1_000} % lost, seed ${seed}`,
    )
  }
  const lines = options.codeStdin ? createStdinLines() : undefined
  try {
    const account = await readNamedAccount(options, lines)
    // It brings the store along, which no other command should wait for.
    const { simulate } = await import('./simulate/simulate.ts')
    const asking = { account, askCode: codeAsker(options, lines) }
    const run = { ...about, ...asking, latencyMs: latency, seconds, rounds, onStart }
    const report = toReport(about, await interruptible((signal) => simulate({ ...run, signal })))
    if (json) printJson(report)
    else printReport(report)
    if (!report.ok) process.exitCode = exitCodes.failed
  } finally {
    lines?.close()
  }
}
