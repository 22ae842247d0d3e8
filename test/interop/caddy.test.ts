import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openGate } from '../support/gate.ts'
import { guardsAnApi } from './proxied.ts'
import { openProxiedApi } from './proxied-api.ts'
import { caddy, proxyMissing, startProxy } from './proxy-program.ts'

/** UX-08, examples/caddy */
guardsAnApi(caddy)

it('refuses under every host, as its README says of localhost', { skip: proxyMissing(caddy) }, async (t) => {
  const gate = await openGate(t, { env: { TRUST_PROXY: '1' } })
  const api = await openProxiedApi(t)
  const { client: proxy } = await startProxy(t, caddy, { sallyport: gate.port, api: api.port })

  for (const host of ['localhost', 'api.example.com', 'evil.example']) {
    assert.equal((await proxy.get('/api/things', { headers: { Host: host } })).status, 401, host)
    assert.equal((await proxy.get('/other', { headers: { Host: host } })).status, 404, host)
  }
})
