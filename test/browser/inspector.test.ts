/** The flow inspector's page in a real browser: every screen in three states, in two schemes and two widths; keys; what is live. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumMissing, launchChromium } from '../support/browser.ts'
import { openGate, type TestGate } from '../support/gate.ts'

const password = 'the password of the page'
/** Pictures for people who change the page; nothing is written without it. */
const shots = process.env.SHOTS_DIR

type Visit = { name: string; path: string; at?: 'empty'; act?: (page: Page) => Promise<void> }

const screens: Record<string, Visit[]> = {
  flows: [
    { name: 'empty', path: '/_dev', at: 'empty' },
    { name: 'list', path: '/_dev' },
    { name: 'filtered', path: '/_dev', act: (page) => page.getByLabel('Refused only').check() },
  ],
  flow: [
    { name: 'refused', path: '/_dev/flows/{refused}' },
    { name: 'done', path: '/_dev/flows/{done}', act: openEverything },
    { name: 'gone', path: '/_dev/flows/0000-0000' },
  ],
  inbox: [
    { name: 'empty', path: '/_dev/inbox', at: 'empty' },
    { name: 'html', path: '/_dev/inbox' },
    { name: 'raw', path: '/_dev/inbox', act: (page) => page.getByRole('button', { name: 'Raw' }).click() },
  ],
  try: [
    { name: 'still', path: '/_dev/try' },
    { name: 'lesson', path: '/_dev/try', act: runLesson },
    { name: 'by hand', path: '/_dev/try', act: logInByHand },
  ],
  state: [
    { name: 'empty', path: '/_dev/state', at: 'empty' },
    { name: 'used', path: '/_dev/state' },
    { name: 'moved', path: '/_dev/state', act: (page) => page.getByRole('button', { name: '+ 1m' }).click() },
  ],
  config: [
    { name: 'development', path: '/_dev/config', at: 'empty' },
    { name: 'opened', path: '/_dev/config', act: (page) => page.getByText('What it is').first().click() },
    { name: 'help', path: '/_dev/config', act: (page) => page.keyboard.press('?') },
  ],
}

describe('the page of the inspector', { skip: chromiumMissing() }, () => {
  let browser: Browser
  let busy: TestGate
  let empty: TestGate
  const ids: Record<string, string> = {}

  before(async () => {
    browser = await launchChromium()
    ;[busy, empty] = await Promise.all([openGate(undefined), openGate(undefined)])
    await busy.makeAccount('test@test.com', password)
    for (const lesson of [
      'the-four-requests',
      'wrong-code',
      'tampered-token',
      'refresh-twice',
      'forget-the-cookie',
    ])
      await busy.client().post('/_dev/try', { lesson, password })
    for (const flow of (await busy.client().get('/_dev/flows')).body.flows) {
      if (flow.dots.call === 'done') ids.done = flow.id
      if (flow.cause === 'cookie_not_sent') ids.refused = flow.id
    }
    if (shots) mkdirSync(shots, { recursive: true })
  })

  after(async () => {
    await browser.close()
    await Promise.all([busy.close(), empty.close()])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      for (const [screen, visits] of Object.entries(screens)) {
        it(`${screen}, ${colorScheme}, ${width} px: no violation in any state`, async () => {
          const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
          for (const visit of visits) await look(context, screen, visit, `${colorScheme}-${width}`)
          await context.close()
        })
      }
    }
  }

  async function look(context: BrowserContext, screen: string, visit: Visit, kind: string): Promise<void> {
    const name = `${screen} ${visit.name}`
    const { page, complaints } = await openPage(context)
    const path = visit.path.replace(/\{(\w+)\}/, (_, id) => ids[id] ?? id)
    await page.goto((visit.at === 'empty' ? empty : busy).url + path)
    await page.getByText('live', { exact: false }).first().waitFor()
    await page.locator('main h1').first().waitFor({ state: 'attached' })
    await visit.act?.(page)
    await page.waitForTimeout(150)
    if (shots)
      await page.screenshot({ path: `${shots}/${name.replaceAll(' ', '-')}-${kind}.png`, fullPage: true })
    assert.deepEqual(await axe(page), [], name)
    assert.equal(
      await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
      0,
      `${name} scrolls sideways`,
    )
    assert.deepEqual(
      complaints.filter((each) => !(visit.name === 'gone' && each.includes('404'))),
      [],
      name,
    )
    await page.close()
  }

  it('shows a login without a reload, and says so once', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const { page, complaints } = await openPage(await browser.newContext())
    await page.goto(`${gate.url}/_dev`)
    await page.getByText('Nobody has knocked yet').waitFor()
    const client = await gate.logIn(ada)
    await page.locator('.flows').getByText('Waits for the code').waitFor()
    await gate.verify(ada, client)
    await page.locator('.flows').getByText('POST /auth/token is next').waitFor()
    await page.locator('#live', { hasText: '2 flows changed' }).waitFor({ state: 'attached', timeout: 8_000 })
    assert.deepEqual(complaints, [])
  })

  it('goes on after the server was away', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const { page } = await openPage(await browser.newContext())
    await page.goto(`${gate.url}/_dev`)
    await page.locator('#connection[data-state=live]').waitFor()
    await gate.restart()
    await page.locator('#connection[data-state=waiting]').waitFor()
    await gate.logIn(ada)
    await page.locator('.flows').getByText('Waits for the code').waitFor()
  })

  it('needs no mouse', async () => {
    const { page } = await openPage(await browser.newContext())
    await page.goto(`${busy.url}/_dev`)
    await page.locator('.flows a').first().waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'Skip to the content')
    await page.keyboard.press('/')
    assert.equal(await page.evaluate('document.activeElement.id'), 'search')
    await page.keyboard.press('Escape')
    await page.locator('.flows a').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    const link = await page.evaluate('document.activeElement.getAttribute("href")')
    await page.keyboard.press('Enter')
    await page.locator('.flow-head').waitFor()
    assert.equal(new URL(page.url()).pathname, link)
    const open = page.locator('.timeline details[open] [role=tab][aria-selected=true]').first()
    await open.focus()
    const before = await focused(page)
    await page.keyboard.press('ArrowRight')
    assert.notEqual(await focused(page), before)
    assert.equal(await page.evaluate('document.activeElement.getAttribute("aria-selected")'), 'true')
    await page.keyboard.press('Escape')
    assert.equal(new URL(page.url()).pathname, '/_dev')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  })

  it('copies the corrected request, and following it succeeds', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = await openPage(context)
    await busy.client().get('/auth/login')
    const [flow] = (await busy.client().get('/_dev/flows')).body.flows
    await page.goto(`${busy.url}/_dev/flows/${flow.id}`)
    await page.getByRole('button', { name: 'Copy the corrected request' }).click()
    const copied = String(await page.evaluate('navigator.clipboard.readText()'))
    const filled = copied.replace('<your address>', 'test@test.com').replace('<your password>', password)
    const command = filled.replaceAll('jar', '/dev/null').replace('curl', 'curl -s')
    // Not in step with this process, which is the server too.
    const { stdout } = await promisify(execFile)('sh', ['-c', command])
    assert.equal(JSON.parse(stdout).message, 'OTP sent')
  })

  it('fetches a code only when somebody asks for it', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.logIn(ada)
    const code = await gate.code(ada)
    const { page } = await openPage(await browser.newContext())
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const [flow] = (await gate.client().get('/_dev/flows')).body.flows
    await page.goto(`${gate.url}/_dev/flows/${flow.id}`)
    await page.getByRole('button', { name: 'Show the code' }).waitFor()
    assert.ok(!(await page.content()).includes(code))
    assert.ok(!asked.some((path) => path.includes('/secrets/')))
    await page.getByRole('button', { name: 'Show the code' }).click()
    await page.getByText(code).waitFor()
  })

  it('opens with the key of the fragment, and not without it', async (t) => {
    const key = 'a-key-of-the-tools-that-is-long-enough-4711'
    const gate = await openGate(t, { env: { DEV_TOOLS_KEY: key } })
    const { page } = await openPage(await browser.newContext())
    await page.goto(`${gate.url}/_dev/state`)
    await page.getByText('This server wants its DEV_TOOLS_KEY').waitFor()
    await page.goto('about:blank')
    await page.goto(`${gate.url}/_dev/state#key=${key}`)
    await page.getByRole('heading', { name: 'Signing keys' }).waitFor()
    assert.equal(new URL(page.url()).hash, '')
  })

  it('walks the four requests in its own forms', async () => {
    const { page, complaints } = await openPage(await browser.newContext())
    await page.goto(`${busy.url}/_dev/try`)
    await logInByHand(page)
    await busy.sallyport().inside.mail.idle()
    await page.getByRole('button', { name: 'Take it from the inbox' }).click()
    await page.waitForFunction('document.getElementById("try-otp").value !== ""')
    await page.getByRole('button', { name: 'Send the code' }).click()
    await page.getByText('OTP verified successfully').waitFor()
    await page.getByRole('button', { name: 'Get a token' }).click()
    await page.getByText('put into the next form').waitFor()
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText('Protected route accessed').waitFor()
    assert.deepEqual(complaints, [])
  })
})

/** A page that remembers what its console said and what its policy refused. */
async function openPage(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (reason) => complaints.push(reason.message))
  return { page, complaints }
}

const axeSource = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const found = (await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + node.failureSummary)].join(" | ")))',
  )) as string[]
  return found
}

async function focused(page: Page): Promise<unknown> {
  return page.evaluate('document.activeElement.textContent')
}

async function openEverything(page: Page): Promise<void> {
  // `all` doesn't wait: the heading is there before the timeline.
  await page.locator('.timeline summary').first().waitFor()
  for (const summary of await page.locator('.timeline summary').all()) await summary.click()
  const tabs = ['Cookie', 'Session', 'Response', 'Request']
  for (const [index, name] of tabs.entries())
    await page.locator('.timeline > li').nth(index).getByRole('tab', { name }).click()
  await page.getByRole('button', { name: 'Show the token' }).click()
}

async function runLesson(page: Page): Promise<void> {
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: /^No Bearer/ }).click()
  await page.getByText('Open its flow').waitFor()
}

async function logInByHand(page: Page): Promise<void> {
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('OTP sent').waitFor()
}
