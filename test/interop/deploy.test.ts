/** deploy/nginx.conf and deploy/Caddyfile: the four requests through a real proxy, and whose address Sallyport believes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'
import { caddy, nginx, type ProxyProgram, proxyMissing, startProxy } from './proxy-program.ts'

/** The configuration that examples/nginx has around its server, which anybody may start. */
const around = readFileSync(join(import.meta.dirname, '../../examples/nginx/nginx.conf'), 'utf8').split(
  / {2}# ── (?:from|to) here.*/,
)

const programs: ProxyProgram[] = [
  {
    ...nginx,
    configuration: 'deploy/nginx.conf',
    complete: (text) => `${around[0]} server { listen 127.0.0.1:8000; ${text} } ${around[2]}`,
  },
  {
    ...caddy,
    configuration: 'deploy/Caddyfile',
    complete: (text) =>
      `{\n admin off\n auto_https off\n}\n${text.replace('auth.example.com', 'http://127.0.0.1:8000')}`,
  },
]

for (const program of programs) {
  describe(program.configuration, { skip: proxyMissing(program) }, () => {
    it('passes the four requests on, with the address that they came from', async (t) => {
      const gate = await openGate(t, { env: { TRUST_PROXY: '1' } })
      const ada = await gate.makeAccount()
      const { client } = await startProxy(t, program, { sallyport: gate.port })

      const claimed = { headers: { 'X-Forwarded-For': '192.0.2.1' } }
      const { email, password } = ada
      assert.equal((await client.post('/auth/login', { email, password }, claimed)).status, 200)
      assert.equal(
        (await client.post('/auth/verify-otp', { otp: await gate.code(ada) }, claimed)).status,
        200,
      )
      const { accessToken: bearer } = (await client.post('/auth/token', undefined, claimed)).body
      assert.equal((await client.get('/auth/protected', { bearer })).status, 200)

      const { body } = await client.get('/auth/sessions', claimed)
      assert.ok(JSON.stringify(body).includes('127.0.0.1'), JSON.stringify(body))
      assert.ok(!JSON.stringify(body).includes('192.0.2.1'), JSON.stringify(body))
    })

    it('passes on what verifiers and readers of refusals ask for, and nothing of the tools', async (t) => {
      const gate = await openGate(t)
      const { client } = await startProxy(t, program, { sallyport: gate.port })

      for (const path of [
        '/.well-known/jwks.json',
        '/.well-known/openid-configuration',
        '/problems/otp_invalid',
        '/openapi.json',
      ])
        assert.equal((await client.get(path)).status, 200, path)
      assert.ok((await client.get('/_dev')).status >= 400)
    })
  })
}
