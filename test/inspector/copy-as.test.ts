/** What the page puts into the clipboard (ux.md 3.1, UX-04). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  asCurl,
  asFetch,
  asHttp,
  asIssue,
  correct,
  nextOf,
  sketchOf,
} from '../../src/inspector/page/copy-as.ts'
import type { FlowEvent, FlowView } from '../../src/inspector/wire.ts'
import { openGate, wrongCode } from '../support/gate.ts'

const origin = 'http://localhost:5000'

describe('a request as text', () => {
  it('has places to fill in where something was masked', async (t) => {
    const { login } = await brokenWalk(t)
    const sketch = sketchOf(login, origin)
    assert.equal(
      asCurl(sketch),
      `curl -X POST 'http://localhost:5000/auth/login' \\\n  -c jar -b jar \\\n  -H 'Content-Type: application/json' \\\n  -d '{"email":"<your address>","password":"<your password>"}'`,
    )
    assert.match(asFetch(sketch), /credentials: 'include'/)
    assert.match(
      asHttp(sketch),
      /^POST http:\/\/localhost:5000\/auth\/login\nContent-Type: application\/json\n\n\{/,
    )
  })

  it('is corrected by what the refusal shows', async (t) => {
    const { refused, get } = await brokenWalk(t)
    assert.deepEqual(correct(refused, origin)?.body, { otp: '<code from the inbox>' })
    assert.deepEqual([correct(get, origin)?.method, correct(get, origin)?.hasCookie], ['POST', false])
    const lost = { ...refused, outcome: { ...refused.outcome, code: 'session_missing' } }
    assert.equal(correct(lost, origin)?.hasCookie, true)
    const dots = { login: 'done', code: 'done', token: 'waiting', call: 'none', refresh: 'none' } as const
    assert.equal(nextOf({ dots }, origin)?.path, '/auth/token')
  })

  it('for an issue names nobody and nothing that opens anything', async (t) => {
    const { flow, canaries } = await brokenWalk(t)
    const text = asIssue(flow)
    for (const canary of canaries) assert.ok(!text.includes(canary), canary)
    assert.doesNotMatch(text, /@|\b(acc|ses|chl)_\w{8}/)
    assert.match(text, /### Stopped at code: the code is wrong/)
    assert.match(text, /\| 2 \| POST \/auth\/verify-otp \| 401 \| otp_invalid: typo \| ok \| session \|/)
  })
})

async function brokenWalk(t: Parameters<typeof openGate>[0]) {
  const gate = await openGate(t)
  const ada = await gate.makeAccount()
  await gate.client().get('/auth/login')
  const client = await gate.logIn(ada)
  const code = await gate.code(ada)
  await client.post('/auth/verify-otp', { otp: wrongCode(code) })
  const [newest, oldest] = (await client.get('/_dev/flows')).body.flows
  const flow: FlowView = (await client.get(`/_dev/flows/${newest.id}`)).body
  const get: FlowEvent = (await client.get(`/_dev/flows/${oldest.id}`)).body.events[0]
  const [login, refused] = flow.events as [FlowEvent, FlowEvent]
  return { flow, login, refused, get, canaries: [code, ada.email, ada.password, ...client.cookies.values()] }
}
