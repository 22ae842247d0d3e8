/** Debian's Chromium, driven for tests of pages. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

export function chromiumPath(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
}

/** Why browser tests are skipped; under CI they are not, and fail. */
export function chromiumMissing(): string | false {
  if (chromiumPath() !== undefined || process.env.CI === 'true') return false
  return 'there is no chromium on the PATH: apt-get install chromium'
}

export function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined)
    throw new Error('there is no chromium on the PATH: apt-get install chromium')
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
