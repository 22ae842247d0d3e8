import { existsSync, readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { createApp } from './app.ts'
import { printBanner } from './banner.ts'
import { effectiveSettings } from './config/effective.ts'
import { writeFirstEnv } from './config/first-run.ts'
import { type Mode, readSettings, type Settings, SettingsError } from './config/settings.ts'
import { createDevelopmentAccount } from './development-account.ts'
import { onNpmShellEnd } from './npm-shell.ts'
import { StoreTaken } from './open-stores.ts'
import { Problem } from './problems/problem.ts'
import { createSallyport, type Sallyport } from './sallyport.ts'

/**
 * Not by `import`, which reads every export of the module: its `WebSocket` loads all of undici, 8 MB and some 30 ms of every start
 * (`npm run bench -- --only start,memory`).
 */
const { createServer } = process.getBuiltinModule('node:http')

/** Exit codes of sysexits(3), as docs/operations.md lists them. */
const exitCodes = { failed: 1, unavailable: 69, configuration: 78 } as const

/** The process: settings, start, listen, drain on signals. */
export async function runServer(fallbackMode: Mode): Promise<void> {
  const startedAt = performance.now()
  try {
    const wroteEnv =
      fallbackMode === 'development' && process.env.NODE_ENV !== 'production' && writeFirstEnv(process.cwd())
    const given = { ...process.env }
    loadEnvFile()
    const { settings: wanted, warnings } = readSettings(process.env, fallbackMode)
    let answer: RequestListener = answerNotReady
    const server = createServer(serverLimits, (req, res) => answer(req, res))
    const settings = await listen(server, wanted)
    const effective = () => effectiveSettings(given, readEnvFile(), fallbackMode)
    const sallyport = await createSallyport(settings, { effective })
    const account = settings.mode === 'development' ? await createDevelopmentAccount(sallyport) : undefined
    // Whoever got an answer may count on the account, and on a drain.
    drainOnSignals(server, sallyport, () => {
      answer = lastAnswers(answer)
      sallyport.inside.tools?.hangUp()
    })
    // Only now: whoever is answered finds the account that the banner names.
    answer = listenerOf(sallyport)
    const { hasInspector } = sallyport.inside.web.explaining
    const readyInMs = performance.now() - startedAt
    printBanner({ settings, warnings, account, wroteEnv, hasInspector, readyInMs })
  } catch (reason) {
    const { text, code } = describeFailure(reason)
    process.stderr.write(`${text}\n`)
    process.exit(code)
  }
}

/** Slow senders are cut off long before Node's own defaults (A-DOS-04). A header block of 16 kB fits every token. */
const serverLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 16_384,
}

function loadEnvFile(): void {
  try {
    process.loadEnvFile()
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== 'ENOENT') throw reason
  }
}

/** As it is now: the inspector shows what the next start would take. */
function readEnvFile(): string {
  return existsSync('.env') ? readFileSync('.env', 'utf8') : ''
}

/** Opens the port first, so that one in use is found before anything is touched; PORT=0 becomes the port that was given. */
function listen(server: Server, settings: Settings): Promise<Settings> {
  server.on('clientError', refuseMalformed)
  return new Promise((resolve, reject) => {
    server.once('error', (reason: NodeJS.ErrnoException) => reject(asListenError(reason, settings)))
    server.listen(settings.port, settings.host, () => {
      const { port } = server.address() as AddressInfo
      if (settings.port !== 0) return resolve(settings)
      const publicUrl = settings.publicUrl.replace(/:0$/, `:${port}`)
      const tokenAudience = settings.tokenAudience.replace(/:0$/, `:${port}`)
      resolve({ ...settings, port, publicUrl, tokenAudience })
    })
  })
}

function listenerOf(sallyport: Sallyport): RequestListener {
  const app = createApp(sallyport)
  const { dispatch } = sallyport.inside
  return (req, res) => {
    if (!dispatch(req, res)) app(req, res)
  }
}

function answerNotReady(_req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(503, { 'Retry-After': '1', 'Cache-Control': 'no-store', Connection: 'close' }).end()
}

/** What is not HTTP has no headers to answer to: a bare status line, then the end (A-HDR-02). */
function refuseMalformed(reason: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (reason.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status =
    reason.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : reason.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Milliseconds in which what clients have sent already can still arrive and be read. */
const lastCallMs = 300

/**
 * SIGTERM and SIGINT: say "not ready", answer what was sent before, then take nothing new, end what is under way, send what is
 * being sent, close the store.
 */
function drainOnSignals(server: Server, sallyport: Sallyport, beforeDrain: () => void): void {
  let draining = false
  const drain = async () => {
    if (draining) return
    draining = true
    beforeDrain()
    // Longer than any request may take; then whatever hangs is left behind.
    setTimeout(() => process.exit(exitCodes.failed), 9_000).unref()
    await new Promise((resume) => setTimeout(resume, lastCallMs))
    const closed = new Promise((resolve) => server.close(resolve))
    // A kept-alive connection that is answering now would otherwise wait for its next request.
    const idle = setInterval(() => server.closeIdleConnections(), 100)
    await closed
    clearInterval(idle)
    await sallyport.close()
    process.exit(0)
  }
  process.on('SIGTERM', drain)
  process.on('SIGINT', drain)
  onNpmShellEnd(drain)
}

/** While draining: every connection ends with its answer, and load balancers hear that they should go elsewhere. */
function lastAnswers(listener: RequestListener): RequestListener {
  return (req, res) => {
    res.setHeader('Connection', 'close')
    if (req.url === '/readyz') answerNotReady(req, res)
    else listener(req, res)
  }
}

function asListenError(reason: NodeJS.ErrnoException, { port, host }: Settings): Error {
  if (reason.code === 'EADDRINUSE') {
    return new Error(`Port ${port} is in use. Stop what listens there, or choose another: PORT=${port + 1}`)
  }
  if (reason.code === 'EACCES') {
    return new Error(`Port ${port} may not be opened by this user. Choose one above 1023, such as PORT=5000.`)
  }
  return new Error(`Cannot listen on ${host}:${port} (${reason.code}). Check HOST and PORT.`)
}

export function describeFailure(reason: unknown): { text: string; code: number } {
  if (reason instanceof SettingsError) return { text: reason.message, code: exitCodes.configuration }
  if (reason instanceof Error && reason.name === 'SigningKeyLocked')
    return { text: reason.message, code: exitCodes.configuration }
  if (reason instanceof Problem && reason.code === 'service_unavailable') {
    const cause = reason.cause instanceof Error ? reason.cause.message : String(reason.cause)
    return {
      text: `The store cannot be reached: ${cause}. Check DATABASE_URL and that the database runs.`,
      code: exitCodes.unavailable,
    }
  }
  const expected = reason instanceof StoreTaken || (reason instanceof Error && reason.message.includes('. '))
  const text =
    reason instanceof Error ? (expected ? reason.message : (reason.stack ?? reason.message)) : String(reason)
  return { text, code: exitCodes.failed }
}

const calledDirectly =
  process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href
if (calledDirectly) {
  const isSupervised = process.argv[2] === 'development'
  if (isSupervised) endWithSupervisor()
  await runServer(isSupervised ? 'development' : 'production')
}

/** cli/dev.ts holds the other end of the IPC channel: when it is gone, however it ended, nobody else would end this one. */
function endWithSupervisor(): void {
  if (process.connected === false) process.exit(exitCodes.failed)
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}
