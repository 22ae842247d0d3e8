/** REGISTRATION=invite and closed, and the codes of invitations. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { invite } from '../../src/flow/accounts.ts'
import { canonicalEmail, type Email } from '../../src/utils/email.ts'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'

const dayMs = 86_400_000
const nora = { id: '', email: 'nora@example.test', password: 'seven horses in the rain' }
const onInvitation = { REGISTRATION: 'invite' }

for (const engine of deployments) {
  describe(`registration on invitation, ${engine.name}`, { skip: engine.missing() }, () => {
    it('opens an account with the code of the invitation and the one of the mailbox', async (t) => {
      const gate = await openGate(t, { engine, env: onInvitation })

      const invited = await inviteTo(gate, nora.email)

      assert.deepEqual(invited, { expiresAt: gate.clock.now() + 7 * dayMs })
      assert.deepEqual(await gate.mailsTo(nora), ['Your invitation to Sallyport'])
      const invitation = await gate.longCode(nora)
      assert.match(invitation, /^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/)
      const client = gate.client()
      const asked = await client.post('/auth/register', { ...registration, invitation })
      assert.deepEqual([asked.status, asked.body.next], [200, 'verify-otp'])
      assertProblem(await gate.client().post('/auth/login', nora), 401, 'invalid_credentials')
      assert.equal((await gate.verify(nora, client)).status, 200)
      await gate.enter(nora)
    })

    it('takes an invitation once, however many registrations wait for their code', async (t) => {
      const gate = await openGate(t, { engine, env: onInvitation })
      await inviteTo(gate, nora.email)
      const invitation = await gate.longCode(nora)
      const [first, second] = [gate.client(), gate.client()]
      await first.post('/auth/register', { ...registration, invitation })
      const firstCode = await gate.code(nora)
      await second.post('/auth/register', {
        ...registration,
        password: 'nine camels in the snow',
        invitation,
      })
      const secondCode = await gate.code(nora)
      assert.equal((await first.post('/auth/verify-otp', { otp: firstCode })).status, 200)

      const late = await second.post('/auth/verify-otp', { otp: secondCode })

      assertProblem(late, 401, 'mailed_code_invalid')
      const again = await gate.client().post('/auth/register', { ...registration, invitation })
      assertProblem(again, 401, 'mailed_code_invalid')
      assert.equal((await first.post('/auth/token')).status, 200)
      await gate.enter(nora)
    })

    it('refuses a code that is for another address, wrong or a week old', async (t) => {
      const gate = await openGate(t, { engine, env: onInvitation })
      await inviteTo(gate, nora.email)
      const invitation = await gate.longCode(nora)
      const other = invitation.at(0) === 'A' ? 'B' : 'A'
      const register = (body: object) => gate.client().post('/auth/register', { ...registration, ...body })

      for (const body of [
        { invitation, email: 'ivy@example.test' },
        { invitation: other + invitation.slice(1) },
        { invitation: 'AAAAA-AAAAA-AAAAA-AAAAA-AAAAA' },
        { invitation: '123456' },
      ]) {
        assertProblem(await register(body), 401, 'mailed_code_invalid')
      }
      gate.clock.advance(7 * dayMs - 1)
      assert.equal((await register({ invitation })).status, 200)
      gate.clock.advance(1)
      assertProblem(await register({ invitation }), 401, 'mailed_code_invalid')
      assert.deepEqual(await gate.mailsTo({ email: 'ivy@example.test' }), [])
    })
  })
}

describe('registration on invitation', () => {
  it('refuses whoever has none, whether the address has an account or not', async (t) => {
    const gate = await openGate(t, { env: onInvitation })
    const ada = await gate.makeAccount()

    for (const { email } of [nora, ada]) {
      const client = gate.client()
      const reply = await client.post('/auth/register', { ...registration, email })
      const problem = assertProblem(reply, 403, 'registration_closed')
      assert.equal(problem.cause, 'invitation_missing')
      assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })
      assert.deepEqual(await gate.mailsTo({ email }), [])
    }
  })

  it('refuses an invitation that ran out while its registration waited', async (t) => {
    const gate = await openGate(t, { env: onInvitation })
    await inviteTo(gate, nora.email)
    const invitation = await gate.longCode(nora)
    gate.clock.advance(7 * dayMs - 60_000)
    const client = gate.client()
    await client.post('/auth/register', { ...registration, invitation })
    const otp = await gate.code(nora)
    gate.clock.advance('1m')

    assertProblem(await client.post('/auth/verify-otp', { otp }), 401, 'mailed_code_invalid')
    assertProblem(await gate.client().post('/auth/login', nora), 401, 'invalid_credentials')
  })

  it('reads the code however it is typed', async (t) => {
    const gate = await openGate(t, { env: onInvitation })
    await inviteTo(gate, 'Nora@Example.test')
    const code = await gate.longCode(nora)
    const invitation = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'i')

    const reply = await gate.client().post('/auth/register', { ...registration, invitation })

    assert.equal(reply.status, 200, JSON.stringify(reply.body))
  })

  it('mails the code to the invited address only, and says until when it is good', async (t) => {
    const gate = await openGate(t, { mode: 'production', env: onInvitation })
    await inviteTo(gate, nora.email)
    const code = await gate.longCode(nora)

    const [text] = await gate.mailTexts(nora)

    assert.match(text ?? '', /Expires in 7 days\. Enter it when you register with this address\./)
    assert.ok(!gate.lines.join('\n').includes(code))
    assert.ok(!gate.lines.join('\n').includes(code.replaceAll('-', '')))
  })

  it('leaves the invitation good while a password is refused', async (t) => {
    const gate = await openGate(t, { env: onInvitation })
    await inviteTo(gate, nora.email)
    const invitation = await gate.longCode(nora)
    const client = gate.client()

    const refused = await client.post('/auth/register', { ...registration, password: 'short', invitation })

    assertProblem(refused, 422, 'password_rejected')
    await client.post('/auth/register', { ...registration, invitation })
    assert.equal((await gate.verify(nora, client)).status, 200)
  })

  it('invites no address that has an account', async (t) => {
    const gate = await openGate(t, { env: onInvitation })
    const ada = await gate.makeAccount()

    assert.equal(await inviteTo(gate, ada.email), undefined)

    assert.deepEqual(await gate.mailsTo(ada), [])
  })
})

describe('open registration', () => {
  it('takes an invitation too, and uses it up', async (t) => {
    const gate = await openGate(t)
    await inviteTo(gate, nora.email)
    const invitation = await gate.longCode(nora)
    const client = gate.client()
    const wrong = await client.post('/auth/register', { ...registration, invitation: '123456' })
    assertProblem(wrong, 401, 'mailed_code_invalid')

    await client.post('/auth/register', { ...registration, invitation })
    assert.equal((await gate.verify(nora, client)).status, 200)

    const again = await gate.client().post('/auth/register', { ...registration, invitation })
    assertProblem(again, 401, 'mailed_code_invalid')
  })
})

describe('closed registration', () => {
  it('refuses everybody, with an invitation too, and lets accounts log in as ever', async (t) => {
    const gate = await openGate(t, { env: { REGISTRATION: 'closed' } })
    const ada = await gate.makeAccount()
    await inviteTo(gate, nora.email)
    const invitation = await gate.longCode(nora)

    for (const body of [
      registration,
      { ...registration, invitation },
      { ...registration, email: ada.email },
    ]) {
      const reply = await gate.client().post('/auth/register', body)
      assert.equal(assertProblem(reply, 403, 'registration_closed').cause, 'closed')
    }

    assert.deepEqual(await gate.mailsTo(ada), [])
    await gate.enter(ada)
  })
})

const registration = { email: nora.email, password: nora.password }

function inviteTo(gate: TestGate, email: string) {
  return invite(gate.sallyport().inside.gate, canonicalEmail(email) as Email).finally(() =>
    gate.sallyport().inside.mail.wake(),
  )
}
