/** `GET /auth/check` as nginx asks it, by the sample of examples/nginx. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import { freePort } from '../../test/support/ports.ts'
import { findProgram } from '../../test/support/services.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { contest } from '../support/contest.ts'
import { createAccounts, openStore, openVerified } from '../support/population.ts'
import { launch, type Running } from '../support/processes.ts'
import { get } from '../support/request.ts'
import { type Row, rateAndLatencyWords, rateWords } from '../support/row.ts'
import { perSecond, ratioOf } from '../support/sample.ts'
import { checkout, startBareExpress, startServer } from '../support/servers.ts'
import { issueTokens, protectedAnswer, repeated } from '../support/supplies.ts'

const program = findProgram(['nginx'], ['/usr/sbin', '/usr/local/sbin'])

export const nginxCheck: Section = {
  rows: ['check-nginx'],
  missing: () => (program ? false : 'nginx is missing (Debian: nginx-light)'),
  async run(bench) {
    const { port, tokens } = await openProxy(bench)
    const requests = (path: string) => tokens.map((token) => get(path, { Authorization: `Bearer ${token}` }))
    const of = await contest(
      [
        repeated('checked', [port], requests('/api/'), protectedAnswer),
        repeated('unchecked', [port], requests('/unchecked/'), protectedAnswer),
      ],
      bench.plan,
      bench.say,
    )
    const row: Row = {
      name: 'check-nginx',
      what: 'bare Express behind nginx that asks GET /auth/check each time, token seen before',
      measured: rateAndLatencyWords(of('checked')),
      against: `the same nginx without the check ${rateWords(of('unchecked'))}`,
      figure: ratioOf(of('checked'), of('unchecked'), perSecond),
      unit: '',
    }
    return [row]
  },
}

/** nginx, Sallyport and the app share the server's core. */
async function openProxy(bench: Bench): Promise<{ port: number; tokens: string[] }> {
  const directory = temporaryDirectory('bench-data')
  const stores = await openStore({ kind: 'embedded', directory })
  const cookies = await openVerified(stores, await createAccounts(stores, 16, bench.passwordHash))
  await stores.close()
  const server = await startServer(bench, { DATA_DIR: directory, TRUST_PROXY: '1' })
  const api = await startBareExpress(bench)
  const { port } = await startNginx(bench, server.port, api.port)
  return { port, tokens: await issueTokens(server.port, cookies, 16) }
}

async function startNginx(bench: Bench, sallyport: number, api: number): Promise<Running> {
  const port = await freePort()
  const directory = temporaryDirectory('bench-nginx')
  const path = join(directory, 'nginx.conf')
  writeFileSync(path, configuration({ 5000: sallyport, 8080: api, 8000: port }))
  const running = await launch({
    program: program as string,
    args: ['-e', 'stderr', '-p', directory, '-c', path],
    env: {},
    port,
    path: '/unchecked/',
  })
  bench.onEnd(running.stop)
  return running
}

/** The sample with our ports, connections that last, and beside the checked location one that is not. */
function configuration(ports: Record<string, number>): string {
  let text = readFileSync(join(checkout, 'examples/nginx/nginx.conf'), 'utf8')
  for (const [written, port] of Object.entries(ports)) {
    text = replaced(text, `127.0.0.1:${written}`, `127.0.0.1:${port}`)
  }
  text = replaced(text, 'proxy_pass http://api;', 'proxy_pass http://api/;')
  text = replaced(text, 'access_log off;', 'access_log off;\n  keepalive_requests 1000000000;')
  const [, checked = ''] = /\n( {4}location \/api\/ \{[^}]*\})/.exec(text) ?? []
  const unchecked = checked
    .replace('/api/', '/unchecked/')
    .split('\n')
    .filter((line) => !/auth_request|X-Auth-|error_page/.test(line))
    .join('\n')
  return replaced(text, '    location / {', `${unchecked}\n\n    location / {`)
}

function replaced(text: string, what: string, by: string): string {
  if (what === '' || !text.includes(what)) throw new Error(`examples/nginx/nginx.conf has no ${what}`)
  return text.replaceAll(what, by)
}
