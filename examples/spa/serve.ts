/** A development server in one file: bundles the page for each load, and says what it may do. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'

const { PORT = '5173', AUTH_URL = 'http://localhost:5000', API_URL = 'http://localhost:5002' } = process.env
const page = join(import.meta.dirname, 'page')

/** The page runs its own script, talks to these two, and nothing else: what a foreign script would need is not there. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  `connect-src 'self' ${new URL(AUTH_URL).origin} ${new URL(API_URL).origin}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const files: Record<string, { type: string; read: () => string | Promise<string> }> = {
  '/': { type: 'text/html; charset=utf-8', read: readPage },
  '/style.css': {
    type: 'text/css; charset=utf-8',
    read: () => readFileSync(join(page, 'style.css'), 'utf8'),
  },
  '/main.js': { type: 'text/javascript; charset=utf-8', read: bundle },
}

const server = createServer(async (req, res) => {
  const file = files[new URL(req.url ?? '/', 'http://localhost').pathname]
  if (!file || req.method !== 'GET') return void res.writeHead(404).end()
  try {
    const text = await file.read()
    res.writeHead(200, {
      'Content-Type': file.type,
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    })
    res.end(text)
  } catch (reason) {
    console.error(reason)
    res.writeHead(500).end('See the terminal')
  }
})

server.listen(Number(PORT), '127.0.0.1', () => console.log(`The page is at http://localhost:${PORT}`))

function readPage(): string {
  const html = readFileSync(join(page, 'index.html'), 'utf8')
  return html.replace('%AUTH_URL%', AUTH_URL).replace('%API_URL%', API_URL)
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(page, 'main.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? ''
}
