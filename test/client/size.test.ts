/** What a page loads, and what it must not load. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const folder = join(import.meta.dirname, '../../client')

/** As an application's bundler does it. */
async function bundle(entry: string, external: string[] = []) {
  const result = await build({
    entryPoints: [join(folder, 'src', entry)],
    ...{ bundle: true, minify: true, format: 'esm' as const, write: false, metafile: true, external },
  })
  const text = result.outputFiles[0]?.text ?? ''
  const size = gzipSync(text, { level: 9 }).length
  return { size, text, inputs: Object.keys(result.metafile.inputs) }
}

describe('the size', () => {
  it('of what a page loads is at most 5 kB gzipped', async () => {
    const { size } = await bundle('index.ts')
    assert.ok(size > 2_000 && size <= 5_000, `${size} bytes`)
  })

  it('is all its own: no dependency, nothing of the server or of Node, React only where it is asked for', async () => {
    const { inputs, text } = await bundle('index.ts')
    assert.deepEqual(foreign(inputs), [])
    assert.doesNotMatch(text, /require\(|node:|\bReact\b/)
    assert.deepEqual(foreign((await bundle('react.ts', ['react'])).inputs), [])
    assert.deepEqual(foreign((await bundle('native.ts')).inputs), [])
    assert.deepEqual(foreign((await bundle('server.ts')).inputs), [])
  })

  it('is nothing where nothing is used: no work happens at import time', async () => {
    const contents = "import './src/index.ts'; import './src/native.ts'; import './src/server.ts'"
    const result = await build({
      stdin: { contents, resolveDir: folder },
      // Not because package.json says so.
      ignoreAnnotations: true,
      ...{ bundle: true, minify: true, format: 'esm' as const, write: false },
    })
    const [output] = result.outputFiles
    // Declarations of what another module might use: no call, no assignment to anything global.
    const before = Object.keys(globalThis)
    await import(`data:text/javascript,${encodeURIComponent(output?.text ?? '')}`)
    assert.deepEqual(Object.keys(globalThis), before)
  })
})

function foreign(inputs: string[]): string[] {
  return inputs.filter((path) => !path.includes('client/src/'))
}
