/** What the inspector keeps of a login, how it joins what belongs together, and what it never holds (ux.md 3.2, 3.4; UX-04). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FlowShelf, FlowShelf as Shelf, shelfLimits } from '../../src/inspector/flow-shelf.ts'
import type { FlowEvent, FlowSummary, FlowView } from '../../src/inspector/wire.ts'
import { createManualClock } from '../support/clock.ts'
import { openGate, type TestGate, wrongCode } from '../support/gate.ts'

async function flowsOf(gate: TestGate): Promise<FlowSummary[]> {
  return (await gate.client().get('/_dev/flows')).body.flows
}

async function onlyFlow(gate: TestGate): Promise<FlowView> {
  const flows = await flowsOf(gate)
  assert.equal(flows.length, 1, JSON.stringify(flows, null, 1))
  return (await gate.client().get(`/_dev/flows/${flows[0]?.id}`)).body
}

describe('a flow', () => {
  it('holds a login from its first request to the last use of its tokens', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { accessToken, refreshToken } = await gate.bothTokens(client)
    await gate.client().get('/auth/protected', { bearer: accessToken })
    await gate.client().post('/auth/refresh', { refreshToken })

    const flow = await onlyFlow(gate)

    assert.deepEqual(
      flow.events.map(({ step, link }) => [step, link]),
      [
        ['login', 'first'],
        ['code', 'session'],
        ['token', 'session'],
        ['call', 'token-sid'],
        ['refresh', 'refresh-family'],
      ],
    )
    assert.deepEqual(flow.dots, { login: 'done', code: 'done', token: 'done', call: 'done', refresh: 'done' })
    assert.equal(flow.address, 'a••a@example.test')
    assert.equal(flow.isRefused, false)
    const [login, code, token] = flow.events
    assert.deepEqual([login?.session.before, login?.session.after?.stage], [null, 'otp_pending'])
    assert.deepEqual([code?.session.before?.stage, code?.session.after?.stage], ['otp_pending', 'verified'])
    assert.notEqual(code?.session.before?.id, undefined)
    assert.deepEqual([code?.code?.state, code?.cookie.verdict], ['used', 'ok'])
    assert.equal(token?.token?.header.typ, 'at+jwt')
    assert.ok((login?.outcome.ms.hash ?? 0) > 0 && (login?.outcome.ms.all ?? 0) > 0)
    assert.ok((token?.outcome.ms.sign ?? 0) > 0)
  })

  it('tells where it stopped, why, what to change, and which line decided', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    await client.post('/auth/verify-otp', { otp: wrongCode(await gate.code(ada)) })

    const flow = await onlyFlow(gate)

    assert.deepEqual([flow.dots.code, flow.isRefused, flow.cause], ['refused', true, 'typo'])
    assert.match(flow.verdict, /^Stopped at code: /)
    const refused = flow.events.at(-1) as FlowEvent
    assert.deepEqual([refused.outcome.status, refused.outcome.code], [401, 'otp_invalid'])
    assert.ok(refused.outcome.fix)
    assert.match(refused.trace.find(({ where }) => where)?.where ?? '', /^src\/flow\/[\w-]+\.ts:\d+$/)
    assert.ok(
      refused.trace.some(({ check, saw }) => check === 'code.refused' && saw.includes('attemptsLeft 4')),
    )
    assert.deepEqual([flow.code?.state, flow.code?.attemptsLeft], ['sent', 4])
  })
})

describe('a request that has lost its cookie', () => {
  it('is joined to the newest flow of the same client that waits, as a guess, under both ids', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const headers = { 'user-agent': 'curl/8.5.0' }
    const login = await gate
      .client()
      .post('/auth/login', { email: ada.email, password: ada.password }, { headers })
    const lost = await gate.client().post('/auth/verify-otp', { otp: '123456' }, { headers })
    assert.notEqual(lost.headers['x-flow-id'], login.headers['x-flow-id'])

    const flow = await onlyFlow(gate)

    assert.deepEqual(
      flow.events.map(({ link }) => link),
      ['first', 'guess'],
    )
    assert.equal(flow.id, login.headers['x-flow-id'])
    assert.equal(flow.cause, 'cookie_not_sent')
    const byOther = await gate.client().get(`/_dev/flows/${lost.headers['x-flow-id']}`)
    assert.equal(byOther.body.id, flow.id)
    assert.equal(new URL(lost.body.inspect).pathname, `/_dev/flows/${lost.headers['x-flow-id']}`)
    assert.match(flow.events[0]?.cookie.set[0]?.returns.because ?? '', /-c jar/)
  })

  it('is joined for sure where it brings the id of the flow, or a token of its session', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const id = (await flowsOf(gate))[0]?.id as string
    const headers = { 'x-flow-id': id, 'user-agent': 'somebody else' }
    await gate.client().post('/auth/verify-otp', { otp: '123456' }, { headers })
    await gate.verify(ada, client)
    const token = await gate.accessToken(client)
    gate.clock.advance('7m')
    await gate.client().get('/auth/protected', { bearer: token, headers: { 'user-agent': 'a third' } })

    const flow = await onlyFlow(gate)

    assert.deepEqual(
      flow.events.map(({ link }) => link),
      ['first', 'header', 'session', 'session', 'token-sid'],
    )
    assert.equal(flow.events.at(-1)?.outcome.code, 'token_expired')
  })

  it('is not joined to another client, to a login that is too old, and a new login begins anew', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.logIn(ada)
    await gate.client().post('/auth/verify-otp', { otp: '123456' }, { headers: { 'user-agent': 'another' } })
    gate.clock.advance('11m')
    await gate.client().post('/auth/verify-otp', { otp: '123456' })
    await gate.logIn(ada)

    assert.equal((await flowsOf(gate)).length, 4)
  })
})

describe('UX-04: what is never kept', () => {
  it('is any secret of a walk with mistakes: in lists, flows, state and settings', async (t) => {
    const gate = await openGate(t)
    const password = 'canary-password-of-the-walk-4711'
    const ada = await gate.makeAccount('ada@example.test', password)
    const canaries: Record<string, string> = { password, wrong: 'canary-wrong-password-0815' }
    const client = gate.client()
    await client.post('/auth/login', { email: ada.email, password: canaries.wrong })
    await client.post('/auth/login', `email=${ada.email}&password=${password}`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    await client.post('/auth/login', `{'email':'ada','password':'${password}'}`)
    await client.post('/auth/login', {
      email: password,
      [password]: password,
      deep: { [password]: [password] },
    })
    await client.get(`/auth/login?password=${password}`)
    await client.get(`/${password}/${password}`, {
      headers: { authorization: `Basic ${password}`, cookie: `other=${password}`, 'x-flow-id': password },
    })
    await client.get('/auth/protected', { headers: { authorization: password } })
    await gate.logIn(ada, client)
    canaries.code = await gate.code(ada)
    canaries.cookie = [...client.cookies.values()].join()
    await gate.verify(ada, client)
    canaries.verified = decodeURIComponent([...client.cookies.values()].join()).slice(2)
    const tokens = await gate.bothTokens(client)
    canaries.access = tokens.accessToken
    canaries.refresh = tokens.refreshToken
    await client.post('/auth/refresh', { refreshToken: tokens.refreshToken })
    await client.get('/auth/protected', { bearer: tokens.accessToken })
    await client.post('/auth/password/change', { currentPassword: password, newPassword: `${password} new` })

    const places = await readEverything(gate)

    for (const [name, canary] of Object.entries(canaries))
      for (const [place, text] of places) assert.equal(text.includes(canary), false, `${name} in ${place}`)
    assert.ok(places.length > 8)
    // Lengths tell too: 32 letters, and nothing says so.
    assert.doesNotMatch(places.map(([, text]) => text).join(), /content-length/i)
  })

  it('tells a code and a token to whoever asks for that one', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const code = (await onlyFlow(gate)).code
    assert.equal((await client.get(`/_dev/secrets/${code?.handle}`)).body.value, await gate.code(ada))
    await gate.verify(ada, client)
    const accessToken = await gate.accessToken(client)
    const { token } = await onlyFlow(gate)
    const told = (await client.get(`/_dev/secrets/${token?.handle}`)).body
    assert.deepEqual([told.value, told.check.isGood], [accessToken, true])
    gate.clock.advance('7m')
    assert.equal((await client.get(`/_dev/secrets/${token?.handle}`)).body.check.isGood, false)
    const foreign = await client.get(`/_dev/secrets/${token?.handle}`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    assert.equal(foreign.status, 404)
  })
})

async function readEverything(gate: TestGate): Promise<[string, string][]> {
  const flows = await flowsOf(gate)
  const paths = ['/_dev/flows', ...flows.map(({ id }) => `/_dev/flows/${id}`), '/_dev/state', '/_dev']
  const replies = await Promise.all(paths.map((path) => gate.client().get(path)))
  return replies.map(({ body }, index) => [paths[index] ?? '', JSON.stringify(body)])
}

describe('the memory of the inspector', () => {
  it('is bounded in flows, in events and in bytes; the oldest give way', () => {
    const clock = createManualClock()
    const shelf = new Shelf(clock, 600_000)
    for (let count = 0; count < shelfLimits.flows + 5; count++) put(shelf, `flow-${count}`, 'x')
    assert.equal(shelf.since(0).length, shelfLimits.flows)
    assert.equal(shelf.find('flow-4'), undefined)
    const flow = shelf.find('flow-100')
    for (let count = 0; count < shelfLimits.events + 5; count++) put(shelf, 'flow-100', 'x')
    assert.deepEqual([flow?.events.length, flow?.count, flow?.events[0]?.seq], [100, 106, 7])
    for (let count = 0; count < 40; count++) put(shelf, `large-${count}`, 'x'.repeat(500_000))
    const kept = shelf.since(0)
    assert.ok(kept.reduce((sum, { bytes }) => sum + bytes, 0) <= shelfLimits.bytes)
    assert.ok(shelf.find('large-39') && !shelf.find('large-0'))
    shelf.clear()
    assert.deepEqual(shelf.since(0), [])
  })

  it('has at most 4 kB of a body', async (t) => {
    const gate = await openGate(t)
    await gate.client().post('/auth/login', {
      email: Array(30).fill('a@b.test'),
      password: Array(60).fill({ email: 'c@d.test' }),
    })
    const flow = await onlyFlow(gate)
    assert.ok((flow.events[0]?.request.body?.length ?? 0) <= 4_097)
  })
})

function put(shelf: FlowShelf, id: string, text: string): void {
  const flow = shelf.find(id) ?? shelf.begin(id, 'client', 'curl')
  const event = {
    flowId: id,
    step: null,
    request: { body: text, path: '/' },
    session: {},
    outcome: { status: 200 },
  }
  shelf.add(flow, event as unknown as FlowEvent)
}
