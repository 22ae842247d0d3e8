/** examples/spa/ in a real browser: login, code, the API, logout; in two schemes and two widths, with no violation in any state. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumMissing, launchChromium } from '../support/browser.ts'
import { createRunningClock } from '../support/clock.ts'
import { openGate, type TestGate, wrongCode } from '../support/gate.ts'
import { freePort } from '../support/ports.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

const examples = join(import.meta.dirname, '../../examples')
const axeSource = readFileSync(join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8')
/** Pictures for people who change the page; nothing is written without it. */
const shots = process.env.SHOTS_DIR

describe('the page that signs in', { skip: chromiumMissing() }, () => {
  let browser: Browser
  let gate: TestGate
  let api: ServerProcess
  let site: ServerProcess

  before(async () => {
    const port = await freePort()
    const pageOrigin = `http://localhost:${port}`
    gate = await openGate(undefined, {
      clock: createRunningClock(),
      env: { CORS_ORIGINS: pageOrigin },
    })
    api = await startServer({
      command: [join(examples, 'express-api/app.ts')],
      env: { ISSUER: gate.publicUrl, PAGE_ORIGIN: pageOrigin },
      ready: /^The API is at/,
    })
    site = await startServer({
      command: [join(examples, 'spa/serve.ts')],
      port,
      env: { AUTH_URL: gate.publicUrl, API_URL: api.url },
      ready: /^The page is at/,
    })
    browser = await launchChromium()
    if (shots) mkdirSync(shots, { recursive: true })
  })

  after(async () => {
    await browser?.close()
    await Promise.all([site?.stop(), api?.stop()])
    await gate?.close()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [320, 1280]) {
      it(`signs in, calls and signs out, ${colorScheme}, ${width} px`, async () => {
        const ada = await gate.makeAccount(`ada-${colorScheme}-${width}@example.test`)
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
        const { page, complaints } = await openPage(context)
        const check = (state: string) => look(page, `${state}-${colorScheme}-${width}`)
        await page.goto(site.url)
        await page.getByRole('heading', { name: 'Sign in' }).waitFor()
        await check('signed-out')

        await page.getByLabel('E-mail').fill(ada.email)
        await page.getByLabel('Password').fill('not the password')
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
        await check('wrong-password')

        await page.getByLabel('Password').fill(ada.password)
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Enter the code' }).waitFor()
        const code = await gate.code(ada)
        await page.getByLabel('Code').fill(wrongCode(code))
        await page.getByRole('button', { name: 'Verify' }).click()
        await page.getByText('Tries left: 4.').waitFor()
        await check('wrong-code')

        await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`)
        await page.getByRole('button', { name: 'Verify' }).click()
        await page.getByText(`You are ${ada.email}`).waitFor()
        await page.getByRole('button', { name: 'Call the API' }).click()
        await page.getByLabel('Answer of the API').filter({ hasText: ada.id }).waitFor()
        await check('signed-in')

        await page.reload()
        await page.getByText(`You are ${ada.email}`).waitFor()
        const stored = await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')
        assert.equal(stored, '[{},{},""]')

        const other = await openPage(context)
        await other.page.goto(site.url)
        await other.page.getByText(`You are ${ada.email}`).waitFor()
        await page.getByRole('button', { name: 'Log out', exact: true }).click()
        await page.getByRole('heading', { name: 'Sign in' }).waitFor()
        await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
        // The browser itself writes a line for each 401.
        const odd = [...complaints, ...other.complaints].filter((each) => !/status of 401/.test(each))
        assert.deepEqual(odd, [])
        await context.close()
      })
    }
  }

  it('sends a policy that lets no foreign script run or speak', async () => {
    const reply = await fetch(site.url)
    const policy = reply.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe|\*/)
    assert.ok(policy.includes(`connect-src 'self' ${gate.publicUrl} ${api.url}`))
  })
})

/** A page that remembers what its console said and what its policy refused. */
async function openPage(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, complaints }
}

async function look(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: `${shots}/spa-${name}.png`, fullPage: true })
  // Through the debugger, which the policy of the page does not bind.
  await page.evaluate(axeSource)
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()')
  const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)
  assert.deepEqual(violations, [], name)
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
    0,
    `${name} scrolls sideways`,
  )
}
