/** What the README promises on its first screen, as it stands there, in a shell. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { temporaryDirectory } from '../support/child-processes.ts'
import { sessionSecret } from '../support/gate.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

const checkout = join(import.meta.dirname, '../..')
const readme = readFileSync(join(checkout, 'README.md'), 'utf8')

describe('the first screen of the README', () => {
  it('has four requests that answer what it says', async (t) => {
    const { server, shell } = await startAsWritten()
    t.after(() => server.stop())
    const commands = commandsOf(blockOf('sh'))
    assert.equal(commands.length, 4)

    let token = ''
    for (const { line, answer } of commands) {
      // The reader types the code that the terminal shows.
      const code = line.includes('839201') ? await codeOf(server) : ''
      // A shell of its own each time, so the variable is set again.
      const output = shell(`${token}\n${line.replace('839201', code)}`)
      if (line.startsWith('TOKEN=')) token = line
      else assert.match(output, answer)
    }
  })

  it('names three refusals that come as it says', async (t) => {
    const { server } = await startAsWritten()
    t.after(() => server.stop())
    const client = createClient(server.url)
    t.after(client.close)
    const rows = [...readme.matchAll(/^\| (\d{3}) `(\w+)`/gm)].map(([, status, code]) => `${status} ${code}`)

    const replies = [
      await client.get('/auth/login'),
      await client.post('/auth/verify-otp', { otp: '839201' }),
      await client.get('/auth/protected'),
    ]

    assert.deepEqual(
      replies.map(({ status, body }) => `${status} ${body.code}`),
      rows,
    )
  })

  it('has an app that mounts the gate and guards a route', async (t) => {
    const cwd = temporaryDirectory('readme-app')
    symlinkSync(join(checkout, 'node_modules'), join(cwd, 'node_modules'))
    const source = pathToFileURL(join(checkout, 'src/index.ts')).href
    const listening = "\napp.listen(settings.port, settings.host, () => console.log('it listens'))\n"
    writeFileSync(join(cwd, 'app.mts'), blockOf('ts').replace("'sallyport'", `'${source}'`) + listening)
    const env = { NODE_ENV: 'development', SESSION_SECRET: sessionSecret }

    const app = await startServer({ command: [join(cwd, 'app.mts')], cwd, env, ready: /^it listens$/ })
    t.after(() => app.kill9())
    const client = createClient(app.url)
    t.after(client.close)

    assert.equal((await client.get('/api/me')).body.code, 'bearer_missing')
    assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })
  })
})

/** `npm run dev`, at another port and in an empty directory. */
async function startAsWritten(): Promise<{ server: ServerProcess; shell: (script: string) => string }> {
  const cwd = temporaryDirectory('readme')
  const port = await freePort()
  const command = [join(checkout, 'src/cli/dev.ts')]
  const server = await startServer({ command, cwd, port, env: { PORT: String(port) } })
  return {
    server,
    shell: (script) =>
      execFileSync('bash', ['-euc', script.replaceAll('localhost:5000', `localhost:${port}`)], {
        cwd,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
  }
}

async function codeOf(server: ServerProcess): Promise<string> {
  return (await server.waitForLine(/^Generated OTP: \d{6}$/)).slice('Generated OTP: '.length)
}

/** The first block of a language. */
function blockOf(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(readme)?.[1] ?? ''
}

/** Each command with the answer in the comment below it; `...` stands for anything. */
function commandsOf(block: string): { line: string; answer: RegExp }[] {
  return block
    .trim()
    .split('\n\n')
    .map((part) => {
      const [line = '', comment = ''] = part.split('\n')
      const [, answer = ''] = /^# (\{.*\})/.exec(comment) ?? []
      return { line, answer: new RegExp(`^${answer.split('...').map(literally).join('.*')}$`) }
    })
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
