#!/usr/bin/env node
// Parses on every Node since 14, so that an old one gets a sentence instead of a syntax error.
import { existsSync } from 'node:fs'

const fromSource = new URL('../src/cli/main.ts', import.meta.url)
const isCheckout = existsSync(fromSource)

if (Number(process.versions.node.split('.')[0]) < 24) {
  const fix = isCheckout
    ? 'Run `npm run sallyport -- ...` here, which brings Node 24 along, or install Node 24.'
    : 'Install Node 24: https://nodejs.org'
  process.stderr.write(`Sallyport needs Node 24 or newer, and this is ${process.version}. ${fix}\n`)
  process.exit(1)
}

const main = isCheckout ? fromSource : new URL('../dist/cli/main.js', import.meta.url)
const { runCommandLine } = await import(main.href)
await runCommandLine(process.argv)
