/** What the README promises on its first screen, as it stands there, in a shell. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { endWithThisProcess, exitOf, signalTree, temporaryDirectory } from '../support/child-processes.ts'
import { sessionSecret } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

const checkout = join(import.meta.dirname, '../..')
const readme = readFileSync(join(checkout, 'README.md'), 'utf8')

describe('the first screen of the README', () => {
  it('has four requests that answer what it says', async (t) => {
    const { server, shell } = await startAsWritten()
    t.after(() => server.stop())
    await typeRequests(readme, shell, async () =>
      (await server.waitForLine(codeLine)).slice(codeLabel.length),
    )
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
    const program = inCheckout(
      blockOf('ts', fromLine('import { createSallyport')),
      'sallyport',
      'src/index.ts',
    )

    const client = await startApp(t, `${program}\napp.listen(settings.port, settings.host, ${sayIt})\n`)

    assert.equal((await client.get('/api/me')).body.code, 'bearer_missing')
    assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })
  })

  it('has an API of its own that a token guards', async (t) => {
    const guard = inCheckout(
      blockOf('ts', fromLine('import { requireToken')),
      '@sallyport/verify',
      'verify/src/index.ts',
    )
    const program = `import express from 'express'\nconst app = express()\n${guard}`

    const client = await startApp(t, `${program}\napp.listen(process.env.PORT, '127.0.0.1', ${sayIt})\n`)

    const { status, body, headers } = await client.get('/api/me')
    assert.deepEqual([status, body.code], [401, 'bearer_missing'])
    assert.match(String(headers['www-authenticate']), /^Bearer realm=/)
  })
})

describe("a newcomer's minute", () => {
  it('goes from a clean clone to a 200 on the protected route by the lines of the README', async (t) => {
    const began = performance.now()
    const cwd = join(temporaryDirectory('newcomer'), 'sallyport')
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', checkout, cwd], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // In place of the download, which takes as long as the network does.
    symlinkSync(join(checkout, 'node_modules'), join(cwd, 'node_modules'))
    const text = readFileSync(join(cwd, 'README.md'), 'utf8')
    const [start = ''] = /^ {4}npm install && npm run dev/m.exec(text) ?? []
    assert.equal(start.trim(), 'npm install && npm run dev', 'one line starts it')

    const port = await freePort()
    const terminal = openTerminal(start.trim(), cwd, port)
    t.after(terminal.close)
    await eventually(
      async () => assert.equal((await fetch(`http://localhost:${port}/healthz`)).status, 200),
      {
        withinMs: 30_000,
      },
    )
    const outputs = await typeRequests(text, shellIn(cwd, port), () =>
      eventually(() => {
        const line = terminal.lines.find((each) => codeLine.test(each)) ?? assert.fail('no code is shown')
        return line.slice(codeLabel.length)
      }),
    )

    assert.match(outputs.at(-1) ?? '', /"message":"Protected route accessed"/)
    const seconds = (performance.now() - began) / 1_000
    t.diagnostic(`${seconds.toFixed(1)} s from the clone to the protected route`)
    assert.ok(seconds < 60, `${seconds} s`)
  })
})

/** Types the four requests of the first block, and holds each answer against the comment below it. */
async function typeRequests(
  text: string,
  shell: (script: string) => string,
  readCode: () => Promise<string>,
): Promise<string[]> {
  const commands = commandsOf(blockOf('sh', text))
  assert.equal(commands.length, 4)
  const outputs: string[] = []
  let token = ''
  for (const { line, answer } of commands) {
    // The reader types the code that the terminal shows.
    const code = line.includes('839201') ? await readCode() : ''
    // A shell of its own each time, so the variable is set again.
    const output = shell(`${token}\n${line.replace('839201', code)}`)
    if (line.startsWith('TOKEN=')) token = line
    else assert.match(output, answer)
    outputs.push(output)
  }
  return outputs
}

/** The first terminal: nobody sits there to answer a question. */
function openTerminal(line: string, cwd: string, port: number) {
  const { PATH = '', HOME = '' } = process.env
  const script = `npm() { [ "$1" = install ] || command npm "$@"; }\n${line}`
  const child = spawn('bash', ['-c', script], {
    cwd,
    env: { PATH, HOME, PORT: String(port), NO_UPDATE_NOTIFIER: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  endWithThisProcess(child)
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (each) => lines.push(each))
  return {
    lines,
    async close() {
      if (child.pid !== undefined) signalTree(child.pid, 'SIGTERM')
      await exitOf(child)
    },
  }
}

/** `npm run dev`, at another port and in an empty directory. */
async function startAsWritten(): Promise<{ server: ServerProcess; shell: (script: string) => string }> {
  const cwd = temporaryDirectory('readme')
  const port = await freePort()
  const command = [join(checkout, 'src/cli/dev.ts')]
  const server = await startServer({ command, cwd, port, env: { PORT: String(port) } })
  return { server, shell: shellIn(cwd, port) }
}

/** The other terminal. */
function shellIn(cwd: string, port: number): (script: string) => string {
  return (script) =>
    execFileSync('bash', ['-euc', script.replaceAll('localhost:5000', `localhost:${port}`)], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
}

const codeLabel = 'Generated OTP: '
const codeLine = /^Generated OTP: \d{6}$/

/** The first block of a language. */
const sayIt = "() => console.log('it listens')"

async function startApp(t: TestContext, program: string): Promise<Client> {
  const cwd = temporaryDirectory('readme-app')
  symlinkSync(join(checkout, 'node_modules'), join(cwd, 'node_modules'))
  writeFileSync(join(cwd, 'app.mts'), program)
  const env = { NODE_ENV: 'development', SESSION_SECRET: sessionSecret }
  const app = await startServer({ command: [join(cwd, 'app.mts')], cwd, env, ready: /^it listens$/ })
  t.after(() => app.kill9())
  const client = createClient(app.url)
  t.after(client.close)
  return client
}

/** The package as the checkout has it. */
function inCheckout(block: string, name: string, entry: string): string {
  assert.ok(block.includes(`'${name}'`), name)
  return block.replace(`'${name}'`, `'${pathToFileURL(join(checkout, entry)).href}'`)
}

/** The README from the block on in which this line stands. */
function fromLine(line: string): string {
  return readme.slice(readme.lastIndexOf('```', readme.indexOf(line)))
}

function blockOf(language: string, text = readme): string {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(text)?.[1] ?? ''
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
