/** A proxy of Debian, started on a configuration of ours with other ports in it. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { endWithThisProcess, exitOf, temporaryDirectory } from '../support/child-processes.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { eventually, findProgram, missingService } from '../support/services.ts'

const checkout = join(import.meta.dirname, '../..')

export type ProxyProgram = {
  name: 'nginx' | 'caddy'
  package: string
  /** Its path in the checkout. */
  configuration: string
  /** What a sample lacks to be run by itself. */
  complete?(text: string): string
  args(directory: string): string[]
}

export const nginx: ProxyProgram = {
  name: 'nginx',
  package: 'nginx-light',
  configuration: 'examples/nginx/nginx.conf',
  args: (directory) => ['-e', 'stderr', '-p', directory, '-c', join(directory, 'nginx.conf')],
}

export const caddy: ProxyProgram = {
  name: 'caddy',
  package: 'caddy',
  configuration: 'examples/caddy/Caddyfile',
  args: (directory) => [...['run', '--adapter', 'caddyfile'], ...['--config', join(directory, 'Caddyfile')]],
}

export function proxyMissing(program: ProxyProgram): string | false {
  return pathOf(program) ? false : missingService(program.name, `apt-get install ${program.package}`)
}

/** Starts it before Sallyport and the API, where the sample has one, and gives a client of it. */
export async function startProxy(
  test: { after(done: () => Promise<void>): void },
  program: ProxyProgram,
  ports: { sallyport: number; api?: number },
): Promise<{ client: Client; port: number }> {
  const port = await freePort()
  const directory = temporaryDirectory(program.name)
  const path = join(directory, basename(program.configuration))
  writeFileSync(path, configurationOf(program, { ...ports, proxy: port }))

  const { PATH = '' } = process.env
  const child = spawn(pathOf(program) as string, program.args(directory), {
    // Caddy keeps its state under the home directory.
    env: { PATH, HOME: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  endWithThisProcess(child)
  let log = ''
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-8_000)
  })
  const client = createClient(`http://127.0.0.1:${port}`)
  test.after(async () => {
    client.close()
    const exit = exitOf(child)
    child.kill('SIGTERM')
    await exit
  })
  const giveUp = () =>
    child.exitCode === null ? undefined : new Error(`${program.name} ended at its start:\n${log}`)
  await eventually(() => client.get('/'), { giveUp })
  return { client, port }
}

/** The ports of the sample for those of the test. Each of them has to be in it. */
function configurationOf(
  program: ProxyProgram,
  ports: { sallyport: number; api?: number; proxy: number },
): string {
  const sample = readFileSync(join(checkout, program.configuration), 'utf8')
  let text = program.complete?.(sample) ?? sample
  for (const [written, port] of [
    [5000, ports.sallyport],
    [8080, ports.api],
    [8000, ports.proxy],
  ]) {
    if (port === undefined) continue
    const address = `:${written}`
    if (!text.includes(address)) throw new Error(`${program.configuration} does not name ${address}`)
    text = text.replaceAll(address, `:${port}`)
  }
  return text
}

function pathOf({ name }: ProxyProgram): string | undefined {
  return findProgram([name], ['/usr/sbin', '/usr/local/sbin'])
}
