import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'page')

export type Asset = { type: string; text: string }

const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
}

/** A file of the page; modules without their types. Read each time: whoever works on the page wants to see it after a reload. */
export function readAsset(name: string): Asset | undefined {
  const extension = /^[a-z]+(?:-[a-z]+)*\.(css|svg|ts)$/.exec(name)?.[1]
  const type = types[extension ?? '']
  const source = type && readFile(name)
  if (!type || source === undefined) return undefined
  return { type, text: extension === 'ts' ? stripTypes(source) : source }
}

/** The page itself, which finds its parts wherever the router is mounted. */
export function readPage(base: string): string {
  return (readFile('index.html') ?? '').replaceAll('{base}', base)
}

function readFile(name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch {
    return undefined
  }
}

/** Node warns once that stripping may still change. Where it does, a test fails; the terminal of development is for logins. */
function stripTypes(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}
