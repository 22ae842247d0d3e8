import type { Command } from 'commander'
import type { Finding } from './doctor/finding.ts'
import { exitCodes } from './failure.ts'
import { interruptible } from './interrupt.ts'
import { coloured, examples, print, printJson, tell } from './output.ts'
import { toOrigin, toTargetUrl } from './target-url.ts'

type Options = { origin?: string; json?: true }

export function addDoctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .description(
      'Examine settings, store, mail server, clocks, keys, proxy and a whole login of a running server, with an account that is ' +
        'made for it and removed. Exit code 0 without a failure, 1 with one, 69 where nothing could be reached.',
    )
    .argument('[url]', 'the server; PUBLIC_URL of the settings here without it', toTargetUrl)
    .option('--origin <origin>', 'as a page of this origin would call it', toOrigin)
    .option('--json', 'as JSON')
    .action(runDoctor)
  examples(doctor, [
    'sallyport doctor',
    'sallyport doctor https://auth.example --origin https://app.example',
    'sallyport doctor --json | jq \'.findings[] | select(.state == "fail")\'',
  ])
}

async function runDoctor(wanted: string | undefined, { origin, json }: Options): Promise<void> {
  const findings: Finding[] = []
  const hear = (...more: Finding[]) => {
    findings.push(...more)
    if (!json) more.forEach(printFinding)
  }
  // It brings the mailer along, which no other command should wait for.
  const { examine } = await import('./doctor/examine.ts')
  const { url, isReachable } = await interruptible((signal) =>
    examine({ url: wanted, origin, signal, tell: hear }),
  )
  const failures = findings.filter(({ state }) => state === 'fail').length
  if (json) printJson({ url, ok: failures === 0 && isReachable, findings })
  else tell(failures === 0 ? 'Nothing failed.' : `${failures} failed.`)
  if (!isReachable) process.exitCode = exitCodes.unavailable
  else if (failures > 0) process.exitCode = exitCodes.failed
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red', unknown: 'dim' } as const

function printFinding({ check, state, says, fix }: Finding): void {
  print(`${coloured(colours[state], state.padEnd(7))}  ${check.padEnd(14)}  ${says}`)
  if (fix !== undefined) print(`${' '.repeat(9)}${'fix'.padEnd(14)}  ${fix}`)
}
