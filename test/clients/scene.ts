/** What every lesson of a real client has in front of it: a server process of its own, and whoever reads its terminal. */
import assert from 'node:assert/strict'
import { temporaryDirectory } from '../support/child-processes.ts'
import { serverFile } from '../support/command-line.ts'
import { parseBody } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { eventually } from '../support/services.ts'

/** The account that the banner names. */
export const credentials = { email: 'test@test.com', password: '123456' }
export const login = JSON.stringify(credentials)

export type Answer = {
  status: number
  headers: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: assertions on replies read better without a cast at each step
  body: any
}

export type ClientLesson = {
  /** Settings of the server. */
  env?: Record<string, string>
  /** Makes the mistake. */
  make: (scene: Scene) => Promise<Taught>
}

export type Taught = {
  reply: Answer
  /** The words of the fix that `retry` follows. */
  says: string
  /** Does what those words say, and nothing else. */
  retry: () => Promise<Answer>
}

export type Scene = {
  port: number
  /** `http://localhost:port` */
  url: string
  /** The same server under its other name. */
  numericUrl: string
  /** Of this lesson alone: the working directory of the client. */
  folder: string
  /** The code of the next mail, as the terminal shows it: two logins are two calls. */
  code(): Promise<string>
  terminal(): string
  /** `POST /_dev/clock` */
  advance(duration: string): Promise<void>
  /** At the same address, with these settings beside the old ones. */
  restart(env?: Record<string, string>): Promise<void>
  /** Another server, such as the one of another project. */
  another(env?: Record<string, string>): Promise<Scene>
  atEnd(end: () => unknown): void
  close(): Promise<void>
}

const secrets = { SESSION_SECRET: 'the session secret of the broken clients: 5 owls' }

type Mode = 'development' | 'production'

export async function openScene(
  env: Record<string, string> = {},
  mode: Mode = 'development',
): Promise<Scene> {
  const folder = temporaryDirectory('client')
  const port = await freePort()
  const settings = { ...secrets, DATABASE_URL: 'memory:', RATE_LIMITS: 'off', ...env }
  let server = await start(mode, folder, port, settings)
  let codesRead = 0
  const ends: (() => unknown)[] = []

  const scene: Scene = {
    port,
    url: server.url,
    numericUrl: `http://127.0.0.1:${port}`,
    folder,
    async code() {
      const code = await eventually(() => codesIn(server)[codesRead] ?? assert.fail('no code came'))
      codesRead += 1
      return code
    },
    terminal: () => server.output(),
    async advance(duration) {
      const reply = await fetch(`${server.url}/_dev/clock`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ advance: duration }),
      })
      assert.equal(reply.status, 200, await reply.text())
    },
    async restart(more = {}) {
      await server.stop()
      codesRead = 0
      Object.assign(settings, more)
      server = await start(mode, folder, port, settings)
    },
    async another(more = {}) {
      const other = await openScene(more)
      ends.push(other.close)
      return other
    },
    atEnd: (end) => void ends.push(end),
    async close() {
      for (const end of ends.toReversed()) await end()
      await server.kill9()
    },
  }
  return scene
}

/** A store that outlives the process; the lesson's own. */
export const lasting = { DATABASE_URL: '', DATA_DIR: 'data' }

/** Compiled once for the servers of all lessons. */
const compiled = { NODE_COMPILE_CACHE: temporaryDirectory('clients-compiled') }

function start(mode: Mode, cwd: string, port: number, env: Record<string, string>): Promise<ServerProcess> {
  return startServer({ cwd, port, env: { ...compiled, ...env }, command: [serverFile, mode] })
}

function codesIn({ lines }: ServerProcess): string[] {
  return lines.flatMap((line) => /^Generated OTP: (\d{4,9})$/.exec(line)?.[1] ?? [])
}

export async function answerOf(response: Response | Promise<Response>): Promise<Answer> {
  const { status, headers, text } = await (async () => {
    const came = await response
    return { status: came.status, headers: Object.fromEntries(came.headers), text: await came.text() }
  })()
  return { status, headers, body: parseBody(text, headers['content-type']) }
}

/** `name=value` of the session cookie that an answer sets, beside the one that marks the browser. */
export function cookieOf({ headers }: Answer): string {
  return /(?:__Host-)?sallyport\.sid=[^;]+/.exec(headers['set-cookie'] ?? '')?.[0] ?? ''
}

export function succeeded(answer: Answer): Answer {
  assert.ok(answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`)
  return answer
}
