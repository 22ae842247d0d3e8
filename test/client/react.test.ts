/** The React parts in Chromium: the whole login through `OtpInput`, in strict mode, by keyboard and by paste. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { chromiumMissing, launchChromium } from '../support/browser.ts'
import { type TestAccount, wrongCode } from '../support/gate.ts'
import { openSite, type Site } from './page-server.ts'

/** Written with what the page's script has put on its window. */
const application = `
const { createElement: h, StrictMode, useState } = React
const { SallyportProvider, SignedIn, SignedOut, OtpInput, useAuth, useSession } = ui
window.mine = open1()
window.missing = []
window.renders = 0
window.unhandled = []
addEventListener('unhandledrejection', ({ reason }) => unhandled.push(String(reason)))

function Login() {
  const { stage, auth } = useAuth()
  if (stage === 'otp_pending')
    return h('div', null, h('label', { htmlFor: 'code' }, 'Code'), h(OtpInput, { id: 'code', autoFocus: true }))
  return h('button', { onClick: () => auth.login(window.who) }, 'Log in')
}
function Account() {
  window.renders++
  const session = useSession({ required: true, onMissing: ({ stage }) => missing.push(stage) })
  return h('p', { id: 'account' }, session.stage === 'verified' ? session.user.email : 'loading')
}
function Bar() {
  const { auth } = useAuth()
  return h('button', { onClick: () => auth.logout() }, 'Log out')
}
const page = h('main', null, h(SignedOut, null, h(Login)), h(SignedIn, null, h(Bar)), h(Account))
createRoot(document.getElementById('root').parentElement.appendChild(document.createElement('div')))
  .render(h(StrictMode, null, h(SallyportProvider, { client: mine }, page)))
`

declare const window: {
  who: object
  missing: string[]
  renders: number
  unhandled: string[]
  axe: { run(): Promise<{ violations: { id: string }[] }> }
  getSelection(): { toString(): string } | null
}
declare const document: {
  activeElement: { id: string; selectionStart: number; selectionEnd: number }
  title: string
}

describe('React in a browser', { skip: chromiumMissing() }, () => {
  let browser: Browser
  let site: Site
  let ada: TestAccount
  let page: Page

  before(async () => {
    ;[browser, site] = await Promise.all([launchChromium(), openSite()])
    ada = await site.gate.makeAccount()
    page = await browser.newPage({ baseURL: site.url })
    page.setDefaultTimeout(10_000)
    await page.goto('/')
    await page.evaluate((who) => Object.assign(window, { who }), { email: ada.email, password: ada.password })
    await page.evaluate(application)
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  const verified = () => site.count(/POST \/auth\/verify-otp/)

  it('asks once who is signed in, and says once that nobody is', async () => {
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    assert.equal(site.count(/GET \/auth\/session/), 1)
    assert.equal(await page.locator('#account').textContent(), 'loading')
    assert.deepEqual(await page.evaluate(() => new Set(window.missing).size), 1)
  })

  it('shows one field for the code, refuses a wrong one in words, and keeps it selected', async () => {
    await page.getByRole('button', { name: 'Log in' }).click()
    const field = page.getByLabel('Code')
    await field.waitFor()
    const code = await site.gate.code(ada)
    await field.pressSequentially(wrongCode(code))
    const alert = page.getByRole('alert')
    await alert.filter({ hasText: /\w/ }).waitFor()
    assert.equal(await field.getAttribute('aria-invalid'), 'true')
    assert.equal(await field.inputValue(), wrongCode(code))
    const focus = await page.evaluate(() => {
      const { id, selectionStart, selectionEnd } = document.activeElement
      return { id, selected: selectionEnd - selectionStart }
    })
    assert.deepEqual(focus, { id: 'code', selected: 6 })
    assert.equal(verified(), 1, 'a refused code is not sent again by itself')
    await page.evaluate(axe.source)
    assert.deepEqual(
      (await page.evaluate(() => window.axe.run())).violations
        .map(({ id }) => id)
        .filter((id) => !/^(landmark|page-has|region)/.test(id)),
      [],
    )
  })

  it('takes a pasted code with its dash, and goes on', async () => {
    const code = await site.gate.code(ada)
    const field = page.getByLabel('Code')
    await field.fill(`${code.slice(0, 3)}-${code.slice(3)}`)
    await page.locator('#account').filter({ hasText: ada.email }).waitFor()
    assert.equal(verified(), 2)
    assert.equal(await page.getByRole('button', { name: 'Log in' }).count(), 0)
  })

  it('renders for a change, and not for calls', async () => {
    const before = await page.evaluate(() => window.renders)
    await page.evaluate(`Promise.all(Array.from({ length: 20 }, () => mine.fetch('/auth/protected')))`)
    assert.equal(await page.evaluate(() => window.renders), before)
  })

  it('follows a logout', async () => {
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    assert.equal(await page.locator('#account').textContent(), 'loading')
    assert.deepEqual(await page.evaluate(() => window.unhandled), [])
  })
})
