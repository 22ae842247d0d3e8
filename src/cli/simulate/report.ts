import { coloured, print, tell } from '../output.ts'
import type { Counts, Finding } from './ledger.ts'
import type { Outcome } from './simulate.ts'

export type Report = {
  url: string
  ok: boolean
  seed: string
  tabs: number
  /** 0 to 1. */
  loss: number
  mode: string
  crowds: { name: string; clients: number; rounds: number }[]
  forks: number
  signOuts: number
  reuseAlarms: number
  unexpected: number
  counts: Counts
  latencyMs: { p50: number | null; p99: number | null }
  findings: Finding[]
}

type Asked = Pick<Report, 'url' | 'seed' | 'tabs' | 'loss' | 'mode'>

export function toReport(asked: Asked, { crowds, ledger }: Outcome): Report {
  const { counts, findings } = ledger
  const of = (wanted: Finding['kind']) => findings.filter(({ kind }) => kind === wanted).length
  const latencies = ledger.latencies.toSorted((a, b) => a - b)
  return {
    ...asked,
    // Where nothing was renewed, nothing was shown.
    ok: findings.length === 0 && counts.renewals > 0,
    crowds: crowds.map(({ name, clients, rounds }) => ({ name, clients: clients.length, rounds })),
    forks: of('fork'),
    signOuts: of('sign_out'),
    reuseAlarms: of('reuse_alarm'),
    unexpected: of('unexpected'),
    counts,
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    findings,
  }
}

/** Of sorted values, in tenths; `null` of none. */
function percentile(sorted: number[], share: number): number | null {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return value === undefined ? null : Math.round(value * 10) / 10
}

export function printReport(report: Report): void {
  const { counts, crowds, latencyMs } = report
  const row = (name: string, text: string) => print(`  ${name.padEnd(22)}  ${text}`)
  for (const { name, clients, rounds } of crowds) {
    row(name, `${count(rounds, 'round')} of ${count(clients, 'client')}`)
  }
  row(
    'requests',
    `${counts.requests}; lost: ${counts.lostRequests} on the way, ${count(counts.lostReplies, 'reply', 'replies')} (${counts.cut} cut while the server worked)`,
  )
  row('renewals', `${counts.renewals}, of which ${counts.survived} survived a lost reply`)
  if (latencyMs.p50 !== null) row('answered in', `${latencyMs.p50} ms (median), ${latencyMs.p99} ms (99 %)`)
  if (counts.limited > 0)
    row('held back (429)', `${counts.limited}: by the rate limit, which signs nobody out`)
  if (counts.busy > 0) row('not now (503)', `${counts.busy}: the server was busy, or its store away`)
  if (counts.broken > 0) row('broken', `${counts.broken}: the connection failed, and not by our doing`)
  if (counts.unfinished > 0)
    row('unfinished', `${counts.unfinished} when the run was over, or a client gave up`)
  row('forks', verdict(report.forks))
  row('sign-outs', verdict(report.signOuts))
  row('reuse alarms', verdict(report.reuseAlarms))
  if (report.unexpected > 0) row('unexpected', verdict(report.unexpected))
  report.findings.slice(0, shown).forEach(printFinding)
  if (report.findings.length > shown) tell(`${report.findings.length - shown} more: --json has all of them.`)
  tell(conclusion(report))
}

const shown = 20

const names = { fork: 'fork', sign_out: 'sign-out', reuse_alarm: 'reuse alarm', unexpected: 'unexpected' }

function printFinding({ kind, who, says, supportCode }: Finding): void {
  const code = supportCode === null ? '' : `; support code ${supportCode}`
  print(`${coloured('red', names[kind])}: ${who}: ${says}${code}`)
}

function verdict(found: number): string {
  return coloured(found === 0 ? 'green' : 'red', String(found))
}

function conclusion({ ok, counts, reuseAlarms, signOuts, forks, seed }: Report): string {
  if (ok) return 'No fork, nobody signed out, no alarm.'
  if (counts.renewals === 0) return 'Nothing was renewed, so nothing was shown: see the lines above.'
  const again = `--seed ${seed} makes the same losses again.`
  if (reuseAlarms > 0) {
    return `A lost reply or a second tab was taken for a thief: is REFRESH_GRACE long enough? ${again}`
  }
  if (forks > 0)
    return `One session has two chains of refresh tokens: do all servers share one store? ${again}`
  if (signOuts > 0) return `Somebody was signed out: sallyport explain <support code> tells why. ${again}`
  return `The server gave answers that a client can't read: see its log. ${again}`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
