import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecret } from '../utils/secret.ts'
import { renderEnvExample } from './render-env-example.ts'
import { placeholderSecret } from './secrets.ts'

/**
 * Gives a directory without an .env its first one, with a fresh secret, so that the first start needs no decision.
 * Returns whether it did; where nothing can be written, development goes on with a secret for the run and says so.
 */
export function writeFirstEnv(directory: string): boolean {
  const text = renderEnvExample().replace(placeholderSecret, createSecret())
  try {
    // `wx` neither overwrites nor follows a link, and nobody else gets to read the secret.
    writeFileSync(join(directory, '.env'), text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && harmless.has(String(error.code))) return false
    throw error
  }
}

const harmless = new Set(['EEXIST', 'EACCES', 'EPERM', 'EROFS'])
