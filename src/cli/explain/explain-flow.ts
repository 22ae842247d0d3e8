import type { AuditEntry } from '../../stores/audit.ts'
import type { Stores } from '../../stores/stores.ts'
import { wideLimitKeyOf } from '../../utils/network-address.ts'
import { CommandFailure } from '../failure.ts'
import { coloured, print, printJson, tell } from '../output.ts'
import { type EventWords, eventWords } from './event-words.ts'

const limit = 500

/** What one way through the gate left in the audit trail, as it may be shown to others. */
export async function explainFlow({ read }: Stores, flowId: string, json: boolean): Promise<void> {
  const entries = await read.audit.ofFlow(flowId, limit)
  if (entries.length === 0) throw new CommandFailure(nothingOf(flowId))
  const views = entries.map(toView)
  if (json) return printJson({ flowId, entries: views })
  print(`Flow ${flowId}, ${views.length} ${views.length === 1 ? 'entry' : 'entries'}`)
  for (const view of views) printEntry(view)
  if (views.length === limit) tell(`Only the first ${limit} are shown.`)
}

function nothingOf(flowId: string): string {
  return (
    `Nothing of the flow ${flowId} is in the audit trail of this store. Refusals that decided nothing (a missing cookie, a wrong ` +
    'body, a limit) are only in the log: look there for the same flowId. Entries are kept for 400 days.'
  )
}

type EntryView = {
  at: string
  type: string
  says: string
  means: string
  fix?: string
  account?: string
  session?: string
  device?: string
  network?: string
}

function toView(entry: AuditEntry): EntryView {
  const { type, at, accountId, sessionId, device, address, detail = {} } = entry
  const words: EventWords = (eventWords as Record<string, EventWords>)[type] ?? ofNewerVersion
  return {
    at: new Date(at).toISOString(),
    type,
    says: words.says(detail),
    means: words.means,
    ...(words.fix !== undefined && { fix: words.fix }),
    ...(accountId && { account: shorten(accountId) }),
    ...(sessionId && { session: shorten(sessionId) }),
    ...(device && { device }),
    ...(address && { network: wideLimitKeyOf(address) }),
  }
}

const ofNewerVersion: EventWords = {
  says: () => 'Something that a newer version knows.',
  means: 'Run this command of the version that wrote it.',
}

/** Enough to tell two apart in one report, too little to look one up. */
function shorten(id: string): string {
  const at = id.indexOf('_') + 1
  return `${id.slice(0, at)}…${id.slice(-4)}`
}

function printEntry({ at, type, says, means, fix, ...about }: EntryView): void {
  print(`\n${at}  ${type}`)
  print(`  ${says}`)
  print(`  ${coloured('dim', means)}`)
  if (fix !== undefined) print(`  fix   ${fix}`)
  const facts = Object.entries(about).map(([name, value]) => `${name} ${value}`)
  if (facts.length > 0) print(`  ${coloured('dim', facts.join(', '))}`)
}
