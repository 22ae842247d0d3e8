/** Every program of verify/README.md, in a project that has installed the package: it compiles, guards, and says who calls. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it, type TestContext } from 'node:test'
import { endWithThisProcess } from '../support/child-processes.ts'
import { createManualClock } from '../support/clock.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import { createClient } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { sendRaw } from '../support/race.ts'
import { eventually } from '../support/services.ts'
import { installVerify, readmePrograms, typeErrors } from './installed.ts'

const audience = 'https://api.example.com'
const programs = readmePrograms()
const options = (issuer: string) => `const options = { issuer: '${issuer}', audience: '${audience}' }\n`
/** What Next would do around its route handler. */
const aroundWeb = `
import { createServer } from 'node:http'
createServer(async (req, res) => {
  const reply = await GET(new Request('http://localhost/', { headers: pairsOf(req.rawHeaders) }))
  res.writeHead(reply.status, Object.fromEntries(reply.headers)).end(await reply.text())
}).listen(3000)
function pairsOf(raw: string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 ? [] : [[name, raw[index + 1] ?? '']]))
}
`

describe('the programs of the README', () => {
  let project: string
  before(() => {
    project = installVerify('all')
  })

  it('are six, and compile', () => {
    assert.deepEqual(Object.keys(programs), ['express', 'node', 'fastify', 'hono', 'koa', 'web'])
    const files = Object.entries(programs).map(([name, text]) => [
      `frameworks-${name}.ts`,
      options('') + text,
    ])
    assert.equal(typeErrors(project, Object.fromEntries(files)), '')
  })

  for (const [name, text] of Object.entries(programs)) {
    it(`guard an API: ${name}`, async (t) => {
      const gate = await openGate(t, {
        env: { TOKEN_AUDIENCE: audience },
        clock: createManualClock(Date.now()),
      })
      const ada = await gate.makeAccount()
      const bearer = await gate.accessToken(await gate.enter(ada))
      const api = await run(t, project, name, text, gate)

      const good = await api.client.get('/api/me', { bearer })
      assert.equal(good.status, 200)
      assert.ok(JSON.stringify(good.body).includes(ada.id), JSON.stringify(good.body))
      for (const again of [1, 2, 3])
        assert.equal((await api.client.get('/api/me', { bearer })).status, 200, `${again}`)

      const missing = await api.client.get('/api/me')
      assert.deepEqual([missing.status, missing.body.code], [401, 'bearer_missing'])
      // Fastify adds the character set.
      assert.match(String(missing.headers['content-type']), /^application\/problem\+json/)
      assert.equal(missing.headers['cache-control'], 'no-store')
      assert.equal(missing.headers['www-authenticate'], `Bearer realm="${gate.publicUrl}"`)
      const bad = await api.client.get('/api/me', { bearer: `${bearer}A` })
      assert.deepEqual([bad.status, bad.body.code], [401, 'token_invalid'])
      assert.equal((await api.client.get(`/api/me?access_token=${bearer}`)).status, 401)

      const twice = await sendRaw(twoHeaders(bearer), api.port)
      assert.ok([400, 401].includes(twice.status), String(twice.status))
    })
  }
})

function twoHeaders(bearer: string): string {
  const lines = ['GET /api/me HTTP/1.1', 'Host: localhost', 'Connection: close']
  return [...lines, `Authorization: Bearer ${bearer}`, 'Authorization: Bearer x.y.z', '', ''].join('\r\n')
}

async function run(t: TestContext, project: string, name: string, text: string, gate: TestGate) {
  const port = await freePort()
  const program =
    `${name === 'express' ? '' : options(gate.publicUrl)}${text}${name === 'web' ? aroundWeb : ''}`
      .replaceAll('https://auth.example.com', gate.publicUrl)
      .replaceAll('3000', String(port))
  const file = join(project, `run-${name}.ts`)
  writeFileSync(file, program)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], { stdio: 'inherit' })
  endWithThisProcess(child)
  t.after(() => void child.kill())
  const client = createClient(`http://localhost:${port}`)
  t.after(() => client.close())
  await eventually(() => client.get('/api/me'))
  return { client, port }
}
