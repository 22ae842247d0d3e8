import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The full path of the first of these programs that is installed, on the PATH or in one of the further directories. */
export function findProgram(names: string[], furtherDirectories: string[] = []): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...furtherDirectories]
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable)
}

/**
 * What a test that needs a missing service does: it is skipped in one loud line, and fails under CI=true, where
 * .ci/run has installed everything.
 */
export function missingService(what: string, fix: string): string {
  const reason = `${what} is missing: ${fix}`
  if (process.env.CI === 'true') throw new Error(reason)
  process.stderr.write(`\n!!! SKIPPED TESTS: ${reason}\n\n`)
  return reason
}

/** Tries until it works; the last failure is thrown once the time is up or `giveUp` gives a reason. */
export async function eventually<Result>(
  attempt: () => Promise<Result> | Result,
  options: { withinMs?: number; everyMs?: number; giveUp?: () => Error | undefined } = {},
): Promise<Result> {
  const deadline = Date.now() + (options.withinMs ?? 10_000)
  for (;;) {
    try {
      return await attempt()
    } catch (reason) {
      const cause = options.giveUp?.() ?? (Date.now() > deadline ? reason : undefined)
      if (cause) throw cause
      await sleep(options.everyMs ?? 20)
    }
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
