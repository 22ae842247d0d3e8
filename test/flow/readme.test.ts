/** The README's four requests, as they stand there, in a shell. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { temporaryDirectory } from '../support/child-processes.ts'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server-process.ts'

const checkout = join(import.meta.dirname, '../..')

it('the first screen of the README works as it is written', async (t) => {
  const block =
    /```sh\n(curl -c jar[\s\S]*?)```/.exec(readFileSync(join(checkout, 'README.md'), 'utf8'))?.[1] ?? ''
  const [login, verify, token, guarded] = block.split(/\n\n/).map((step) => step.split('\n')[0] as string)
  const cwd = temporaryDirectory('readme')
  const port = await freePort()
  const server = await startServer({
    command: [join(checkout, 'src/cli/dev.ts')],
    cwd,
    port,
    env: { PORT: String(port) },
  })
  t.after(() => server.stop())
  const shell = (line = '') => {
    const script = line.replaceAll('localhost:5000', `localhost:${port}`)
    return execFileSync('bash', ['-euc', script], { cwd, encoding: 'utf8' })
  }

  assert.match(shell(login), /^\{"message":"OTP sent","sessionId":"ses_[\w-]+","next":"verify-otp"/)
  const line = await server.waitForLine(/^Generated OTP: \d{6}$/)
  const code = line.slice('Generated OTP: '.length)
  assert.equal(
    shell(verify?.replace('839201', code)),
    '{"message":"OTP verified successfully","next":"token"}',
  )
  assert.match(shell(`${token}\n${guarded}`), /^\{"message":"Protected route accessed","user":\{"id":"acc_/)
})
