/** What the owner of an account is told by mail, and in which language (ASVS 6.3.5). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const newDevice = 'A new browser logged in to your Sallyport account'
const afterFailures = 'Wrong passwords, then a login to your Sallyport account'

for (const engine of deployments) {
  describe(`what the owner is told, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is a login from a browser that had never logged in, but not the very first', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()

      const laptop = await gate.enter(ada)
      assert.deepEqual(await notices(gate, ada), [])
      await gate.enter(ada, laptop)
      assert.deepEqual(await notices(gate, ada), [])
      const phone = await gate.enter(ada)
      assert.deepEqual(await notices(gate, ada), [newDevice])
      await gate.enter(ada, phone)
      assert.deepEqual(await notices(gate, ada), [newDevice])
    })

    it('is a login after ten wrong passwords in a row, and not after nine', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const laptop = await gate.enter(ada)

      await guess(gate, ada, 9)
      await gate.logIn(ada)
      assert.deepEqual(await notices(gate, ada), [])
      await guess(gate, ada, 10)
      await gate.logIn(ada, laptop)
      assert.deepEqual(await notices(gate, ada), [afterFailures])
      await gate.logIn(ada)
      assert.deepEqual(await notices(gate, ada), [afterFailures])
    })
  })
}

describe('what the owner is told', () => {
  it('names the device and the time', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount()
    await gate.enter(ada)
    gate.clock.advance('90m')
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'

    await enterWith(gate, ada, { 'User-Agent': firefox })

    const text = (await gate.mailTexts(ada)).at(-1) ?? ''
    assert.match(text, /logged in to your account on 2026-01-01 01:30 UTC from Firefox on Linux\./)
  })

  it('names how many wrong passwords there were', async (t) => {
    const gate = await openGate(t, { mode: 'production', quickPasswords: true })
    const ada = await gate.makeAccount()
    await guess(gate, ada, 12)

    await gate.logIn(ada)

    const texts = await gate.mailTexts(ada)
    assert.ok(
      texts.some((text) =>
        /^After 12 wrong passwords, somebody logged in to your account on 2026/.test(text),
      ),
      texts.join('\n'),
    )
  })

  it('is not the first login of a new registration, but the next one from elsewhere', async (t) => {
    const gate = await openGate(t)
    const nora = { id: '', email: 'nora@example.test', password: 'seven horses in the rain' }
    const client = gate.client()
    await client.post('/auth/register', { email: nora.email, password: nora.password })
    await gate.verify(nora, client)

    await gate.enter(nora, client)
    assert.deepEqual(await notices(gate, nora), [])
    await gate.enter(nora)
    assert.deepEqual(await notices(gate, nora), [newDevice])
  })

  it('is not a login that stops before its code', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.enter(ada)

    await gate.logIn(ada)

    assert.deepEqual(await notices(gate, ada), [])
  })

  it('is a browser that is known to another account only', async (t) => {
    const gate = await openGate(t)
    const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
    for (const account of [ada, eve]) await gate.enter(account)
    const browser = await gate.enter(eve)

    await gate.enter(ada, browser)

    assert.deepEqual(await notices(gate, ada), [newDevice])
    await gate.enter(eve, browser)
    assert.deepEqual(await notices(gate, eve), [newDevice])
  })

  it('is not a browser that has reset the password, which reads the mailbox', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.enter(ada)
    const client = gate.client()
    const newPassword = 'seven horses in the rain'
    await client.post('/auth/password/forgot', { email: ada.email })
    await client.post('/auth/password/reset', { otp: await gate.code(ada), newPassword })

    await gate.enter({ ...ada, password: newPassword }, client)

    assert.deepEqual(await notices(gate, ada), ['Your Sallyport password was changed'])
  })
})

describe('the language of mails', () => {
  it('of a code is the one that the browser asks for, else the one of the account', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const askedIn = async (language?: string) => {
      await gate.client().post('/auth/login', ada, { headers: { 'Accept-Language': language } })
      return (await gate.mailsTo(ada)).at(-1)?.replace(/^\d{6} /, '')
    }

    assert.equal(await askedIn(), 'is your Sallyport code')
    assert.equal(await askedIn('de-AT,de;q=0.9,en;q=0.8'), 'ist Ihr Code für Sallyport')
    assert.equal(await askedIn('fr-FR,de;q=0.9'), 'is your Sallyport code')
    assert.equal(await askedIn('<script>'), 'is your Sallyport code')
    await enterWith(gate, ada, { 'Accept-Language': 'de' })
    assert.equal(await askedIn(), 'ist Ihr Code für Sallyport')
    assert.equal(await askedIn('en-GB'), 'is your Sallyport code')
  })

  it('of a notice is the one in which its owner logged in last, whoever caused it', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await enterWith(gate, ada, { 'Accept-Language': 'de' })

    await enterWith(gate, ada, { 'Accept-Language': 'en' })

    assert.deepEqual(await notices(gate, ada), [
      'Ein neuer Browser ist in Ihrem Konto bei Sallyport angemeldet',
    ])
  })

  it('of a registration is the one of its browser, and the account keeps it', async (t) => {
    const gate = await openGate(t)
    const nora = { id: '', email: 'nora@example.test', password: 'seven horses in the rain' }
    const client = gate.client()
    const german = { headers: { 'Accept-Language': 'de' } }
    await client.post('/auth/register', { email: nora.email, password: nora.password }, german)
    const sent = { otp: await gate.code(nora) }
    await client.post('/auth/verify-otp', sent, german)

    await client.post('/auth/password/change', {
      currentPassword: nora.password,
      newPassword: 'nine camels in the snow',
    })

    const [code, notice] = await gate.mailsTo(nora)
    assert.match(code ?? '', /^\d{6} bestätigt Ihr neues Konto bei Sallyport$/)
    assert.equal(notice, 'Ihr Passwort bei Sallyport wurde geändert')
    assert.equal((await client.get('/auth/account/export')).body.account.language, 'de')
  })
})

/** Subjects of the mails that carry no code. */
async function notices(gate: TestGate, account: TestAccount): Promise<string[]> {
  return (await gate.mailsTo(account)).filter((subject) => !/^\d{6} /.test(subject))
}

/** From a browser that has never been here. */
async function guess(gate: TestGate, { email }: TestAccount, times: number): Promise<void> {
  const stranger = gate.client()
  for (let n = 0; n < times; n++) {
    const reply = await stranger.post('/auth/login', { email, password: 'not the password' })
    assert.equal(reply.status, 401)
  }
}

async function enterWith(
  gate: TestGate,
  account: TestAccount,
  headers: Record<string, string>,
): Promise<Client> {
  const client = gate.client()
  await client.post('/auth/login', account, { headers })
  const reply = await client.post('/auth/verify-otp', { otp: await gate.code(account) }, { headers })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return client
}
