import type { Log, LoggedEvent } from './log.ts'

/** Readable lines, the same on a terminal and in a file. */
export function createDevelopmentLog(print: (line: string) => void): Log {
  const line = (...parts: (string | undefined)[]) =>
    print(parts.filter((part) => part !== undefined).join('  '))
  return {
    event: (event) => line(clockTime(), event.type.padEnd(16), describe(event), flow(event.flowId)),
    refusal({ exchange, status, code, cause, fix, reason }) {
      const step = exchange.path.split('/').at(-1) || exchange.path || '-'
      const what = cause === undefined ? code : `${code}: ${cause}`
      line(
        clockTime(),
        step.padEnd(16),
        `refused ${status}`,
        what,
        `fix: ${fix}`,
        flow(exchange.visit.flowId),
      )
      if (status >= 500 && reason !== undefined) print(indent(reason))
    },
    fault(where, reason) {
      line(clockTime(), 'fault'.padEnd(16), where)
      print(indent(reason))
    },
    notice: (text) => print(`! ${text}`),
  }
}

function describe({ detail, accountId }: LoggedEvent): string {
  const words = Object.entries(detail).map(([name, value]) => `${name} ${value}`)
  return [...(accountId === undefined ? [] : [accountId]), ...words].join(', ')
}

function flow(flowId: string | undefined): string | undefined {
  return flowId === undefined ? undefined : `flow ${flowId}`
}

function clockTime(): string {
  return new Date().toTimeString().slice(0, 8)
}

function indent(reason: unknown): string {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
  const cause =
    reason instanceof Error && reason.cause !== undefined
      ? `\ncaused by ${(reason.cause as Error).stack}`
      : ''
  return `${text}${cause}`.replace(/^/gm, '    ')
}
