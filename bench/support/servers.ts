import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/support/ports.ts'
import type { Bench } from './bench-run.ts'
import { launch, type Running } from './processes.ts'
import { sessionSecret } from './secrets.ts'

export const checkout: string = join(import.meta.dirname, '../..')

/** What is measured is what is shipped: dist/ of the server and of the guard, made anew when a source has changed since. */
export function buildWhenStale(say: (line: string) => void): void {
  if (!isStale('src', 'dist/server.js') && !isStale('verify/src', 'verify/dist/index.js')) return
  say('a source is newer than what was built of it: building')
  const { status } = spawnSync(process.execPath, ['scripts/build.ts'], {
    cwd: checkout,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('scripts/build.ts failed')
}

function isStale(source: string, built: string): boolean {
  const changedAt = readdirSync(join(checkout, source), { recursive: true, encoding: 'utf8' }).map(
    (path) => statSync(join(checkout, source, path)).mtimeMs,
  )
  const file = join(checkout, built)
  return !existsSync(file) || statSync(file).mtimeMs < Math.max(...changedAt)
}

/** The production server. Rate limits are off, since one address makes all the requests; nothing else is made easier for it. */
export async function startServer(
  bench: Bench,
  env: Record<string, string>,
  options: { cores?: string; port?: number } = {},
): Promise<Running> {
  const port = options.port ?? (await freePort())
  const flags = bench.cpuProfiles ? ['--cpu-prof', `--cpu-prof-dir=${bench.cpuProfiles}`] : []
  const running = await launch({
    program: process.execPath,
    args: [...flags, join(checkout, 'dist/server.js'), 'production'],
    env: serverEnv(bench, port, env),
    port,
    path: '/healthz',
    ...(options.cores === undefined ? {} : { cores: options.cores }),
  })
  bench.onEnd(running.stop)
  return running
}

export function serverEnv(bench: Bench, port: number, env: Record<string, string>): Record<string, string> {
  return {
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://localhost:5000',
    NODE_ENV: 'production',
    SESSION_SECRET: sessionSecret,
    SMTP_URL: bench.smtpUrl,
    DATABASE_SYNC: 'full',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'info',
    // Tokens are made before the round that uses them.
    ACCESS_TOKEN_TTL: '1h',
    ...env,
  }
}

/** The measure of contract 8: Express 5, one route, a constant. */
export async function startBareExpress(bench: Bench): Promise<Running> {
  const port = await freePort()
  const running = await launch({
    program: process.execPath,
    args: [join(checkout, 'bench/bare-express.ts'), String(port)],
    env: { NODE_ENV: 'production' },
    port,
    path: '/',
  })
  bench.onEnd(running.stop)
  return running
}
