/** curl, as people type it: real lines in a real shell, with a cookie jar in the working directory. */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseBody } from '../support/http-client.ts'
import { type Answer, login, type Scene, succeeded } from './scene.ts'

/** $URL is the server, $LOGIN the body of a login; more variables as they are given. */
export type Shell = (line: string, variables?: Record<string, string>) => Promise<Answer>

/** Only what the terminal would show is kept elsewhere: `curl` itself is what stands in the line. */
const prelude = `curl() { command curl -sS -D headers -o body -w '%{http_code}' "$@"; }`

export function openShell({ folder, url, numericUrl }: Scene): Shell {
  return async (line, variables = {}) => {
    for (const name of ['headers', 'body']) rmSync(join(folder, name), { force: true })
    const { PATH = '' } = process.env
    const { stdout } = await promisify(execFile)('bash', ['-euc', `${prelude}\n${line}`], {
      cwd: folder,
      env: { PATH, HOME: folder, URL: url, NUMERIC_URL: numericUrl, LOGIN: login, ...variables },
    })
    const headers = headersIn(readFileSync(join(folder, 'headers'), 'latin1'))
    const text = readFileSync(join(folder, 'body'), { encoding: 'utf8', flag: 'a+' })
    return { status: Number(stdout), headers, body: parseBody(text, headers['content-type']) }
  }
}

/** Of the last answer, after any `100 Continue`. */
function headersIn(text: string): Record<string, string> {
  const [, ...lines] = text.trim().split('\r\n\r\n').at(-1)?.split('\r\n') ?? []
  const pairs = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  return Object.fromEntries(pairs)
}

export const json = `-H 'Content-Type: application/json'`

/** The four lines of the README, as far as a lesson needs them. */
export function readmeLines(scene: Scene) {
  const shell = openShell(scene)
  const logIn = async (jar = 'jar') =>
    succeeded(await shell(`curl -c ${jar} -b ${jar} $URL/auth/login ${json} -d "$LOGIN"`))
  const verify = async (otp?: string, jar = 'jar') =>
    shell(
      `curl -c ${jar} -b ${jar} $URL/auth/verify-otp ${json} -d '{"otp":"${otp ?? (await scene.code())}"}'`,
    )
  const enter = async (jar = 'jar') => {
    await logIn(jar)
    return succeeded(await verify(undefined, jar))
  }
  const token = (jar = 'jar') => shell(`curl -b ${jar} -X POST $URL/auth/token`)
  const accessToken = async (): Promise<string> => succeeded(await token()).body.accessToken
  const refreshToken = async (): Promise<string> =>
    succeeded(await shell(`curl -b jar $URL/auth/token ${json} -d '{"refresh":true}'`)).body.refreshToken
  const open = (TOKEN: string) =>
    shell('curl $URL/auth/protected -H "Authorization: Bearer $TOKEN"', { TOKEN })
  return { shell, logIn, verify, enter, token, accessToken, refreshToken, open }
}
