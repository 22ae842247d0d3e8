import { readFileSync } from 'node:fs'
import type { SettingNotice } from './settings.ts'

export type Environment = Record<string, string | undefined>

/** The text of a setting, `undefined` where it is unset or empty, or the reason why its file can't be used. */
type SettingText = { text: string | undefined; mistake?: SettingNotice }

export function readText(env: Environment, name: string, mayComeFromFile: boolean): SettingText {
  const text = given(env[name])
  const fileName = `${name}_FILE`
  const file = mayComeFromFile ? given(env[fileName]) : undefined
  if (file === undefined) return { text }
  if (text !== undefined)
    return mistake(name, `${fileName} is set as well`, `Keep one of ${name} and ${fileName}.`)
  return readSecretFile(fileName, file)
}

/** `REDIS_URL=` in an .env file means the same as no line at all. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text
}

function readSecretFile(name: string, file: string): SettingText {
  try {
    const content = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    // Editors and `echo` end a file with a line break that nobody means as part of the secret.
    const text = given(content.replace(/\r?\n$/, ''))
    if (text !== undefined) return { text }
    return mistake(name, 'the file is empty', 'Write the value into the file.')
  } catch (error) {
    return mistake(name, whyUnreadable(error), 'Name a text file that the user of this server may read.')
  }
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return 'the file is not UTF-8 text (encode random bytes as base64)'
  return `the file cannot be read (${code})`
}

function mistake(name: string, wrong: string, fix: string): SettingText {
  return { text: undefined, mistake: { name, wrong, fix } }
}
