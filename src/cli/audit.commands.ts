import type { Command } from 'commander'
import type { AuditReport } from '../stores/audit-chain.ts'
import type { Stores } from '../stores/stores.ts'
import { exitCodes } from './failure.ts'
import { withDesk } from './open-desk.ts'
import { examples, print, printJson, tell } from './output.ts'

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('The audit trail.')
  examples(audit, ['sallyport audit verify'])
  const verify = audit
    .command('verify')
    .description(
      'Find entries that were changed, forged, removed or reordered. Exit code 1 when there are any.',
    )
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) => verifyTrail(json === true))
  examples(verify, ['sallyport audit verify', 'sallyport audit verify --json | jq -r .head.hash'])
}

async function verifyTrail(json: boolean): Promise<void> {
  const report = await withDesk(({ stores }) => verifyBesideServer(stores))
  if (report.faults.length > 0) process.exitCode = exitCodes.failed
  if (json) return printJson({ ok: report.faults.length === 0, ...report })
  for (const fault of report.faults) print(`fault    ${fault}`)
  print(`sealed   ${report.sealed}`)
  print(`head     ${report.head.position} ${report.head.hash}`)
  tell(
    report.faults.length > 0
      ? `The trail was tampered with: ${report.faults.length} faults.`
      : 'The trail is whole. Keep the head elsewhere: a trail cut back to an older state shows only against it.',
  )
}

/** A server that seals or purges between two reads of the walk looks like a fault once; what was done to the trail stays. */
async function verifyBesideServer(stores: Stores): Promise<AuditReport> {
  const first = await stores.read.audit.verify()
  if (first.faults.length === 0) return first
  const second = await stores.read.audit.verify()
  return { ...second, faults: second.faults.filter((fault) => first.faults.includes(fault)) }
}
