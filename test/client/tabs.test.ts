/** UX-06 in Chromium: five real tabs of one browser, measured by what the server is asked. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { AuthClient, createClient, SallyportError } from '../../client/src/index.ts'
import type { nativeStorage as createStorage, TokenStore } from '../../client/src/native.ts'
import { chromiumMissing, launchChromium } from '../support/browser.ts'
import { openGate, type TestAccount } from '../support/gate.ts'
import { openSite, type Site } from './page-server.ts'

/** What the page's script has put on its window. */
declare const auth: AuthClient
declare const states: string[]
declare const nativeStorage: typeof createStorage
declare const open1: (options?: Partial<Parameters<typeof createClient>[0]>) => AuthClient

declare const window: { heard: unknown[]; release(): void; there: AuthClient; native: AuthClient }
declare const location: { href: string }
declare const document: { cookie: string }

type Tab = { page: Page; stages: { stage: string; at: number }[] }

describe('UX-06 in five tabs', { skip: chromiumMissing() }, () => {
  let browser: Browser
  let site: Site
  let ada: TestAccount
  let context: BrowserContext
  let tabs: Tab[]

  before(async () => {
    ;[browser, site] = await Promise.all([launchChromium(), openSite()])
    ada = await site.gate.makeAccount()
    context = await browser.newContext()
    tabs = await Promise.all([1, 2, 3, 4, 5].map(() => openTab()))
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  async function openTab(): Promise<Tab> {
    const page = await context.newPage()
    const stages: Tab['stages'] = []
    await page.exposeFunction('report', (stage: string) => void stages.push({ stage, at: performance.now() }))
    await page.goto(`${site.url}/tab`)
    await page.waitForFunction(() => auth.state.stage !== 'loading')
    return { page, stages }
  }

  const stagesNow = () => Promise.all(tabs.map(({ page }) => page.evaluate(() => auth.state.stage)))
  const allAre = (stage: string) =>
    Promise.all(tabs.map(({ page }) => page.waitForFunction((wanted) => auth.state.stage === wanted, stage)))

  async function signIn(page: Page): Promise<void> {
    await page.evaluate((who) => auth.login(who), { email: ada.email, password: ada.password })
    const code = await site.gate.code(ada)
    await page.evaluate((digits) => auth.verify(digits), code)
  }

  it('asks once in each tab who is signed in', async () => {
    assert.deepEqual(await stagesNow(), Array(5).fill('anonymous'))
    assert.equal(site.requests.filter((line) => line !== 'GET /auth/session').length, 0)
    assert.equal(site.requests.length, 5)
  })

  it('signs all tabs in by one login', async () => {
    const already = site.requests.length
    await signIn(tabs[0]?.page as Page)
    await allAre('verified')
    const asked = site.requests.slice(already)
    const others = asked.filter((line) => line !== 'GET /auth/session')
    assert.deepEqual(others, ['POST /auth/login', 'POST /auth/verify-otp'])
    // Each of the four others asks at the password and at the code, this one after the code.
    assert.ok(asked.length - others.length <= 9, String(asked))
  })

  it('renews once in each tab, however many calls need it at once', async () => {
    const already = site.count(/POST \/auth\/token/)
    const call = () =>
      Promise.all(
        Array.from({ length: 10 }, () => auth.fetch('/auth/protected').then(({ status }) => status)),
      )
    const statuses = async () => (await Promise.all(tabs.map(({ page }) => page.evaluate(call)))).flat()
    assert.deepEqual(await statuses(), Array(50).fill(200))
    assert.equal(site.count(/POST \/auth\/token/) - already, 5)
    site.gate.clock.advance('6m')
    assert.deepEqual(await statuses(), Array(50).fill(200))
    assert.equal(site.count(/POST \/auth\/token/) - already, 10)
  })

  it('keeps all tabs in while the server restarts', async () => {
    site.cut(true)
    const outcome = () =>
      auth.token({ minTtl: 1e6 }).then(
        (token) => token.length > 0,
        (error) => error.kind,
      )
    site.gate.clock.advance('6m')
    for (const { page } of tabs) {
      const kind = await page.evaluate(() =>
        auth.fetch('/auth/protected').then(({ status }) => status, String),
      )
      assert.match(String(kind), /TypeError/)
      // A token that is still good by this device's clock is used as long as no other is to be had.
      assert.equal(await page.evaluate(outcome), true)
    }
    assert.deepEqual(await stagesNow(), Array(5).fill('verified'))
    await site.gate.restart()
    site.cut(false)
    for (const { page } of tabs)
      assert.equal(await page.evaluate(() => auth.fetch('/auth/protected').then(({ status }) => status)), 200)
  })

  it('is offline without a network, and back with it', async () => {
    const page = tabs[1]?.page as Page
    const other = async () => {
      const one = open1()
      const tell = ({ kind, code }: SallyportError) => `${kind} ${code}`
      const outcome = await one.token().then(() => 'in', tell)
      one.dispose()
      return outcome
    }
    await context.setOffline(true)
    assert.equal(await page.evaluate(other), 'offline offline')
    await context.setOffline(false)
    assert.equal(await page.evaluate(other), 'in')
    assert.deepEqual(await stagesNow(), Array(5).fill('verified'))
  })

  it('waits at most 3 s for a lock that another tab holds for ever', async () => {
    const [holder, waiter] = [tabs[0]?.page as Page, tabs[1]?.page as Page]
    await holder.evaluate(
      () =>
        new Promise<void>((held) => {
          const { locks } = navigator as unknown as {
            locks: { request(name: string, work: () => Promise<void>): Promise<void> }
          }
          void locks.request(`sallyport:${new URL('/auth', location.href)}`, () => {
            held()
            return new Promise((release) => Object.assign(window, { release }))
          })
        }),
    )
    const took = await waiter.evaluate(async () => {
      const started = performance.now()
      const one = open1()
      await one.token()
      one.dispose()
      return performance.now() - started
    })
    await holder.evaluate(() => window.release())
    assert.ok(took > 2_900 && took < 4_000, `${took} ms`)
  })

  it('keeps the token out of storage and out of what tabs say, and believes no stranger', async () => {
    const [{ page }, { page: speaker }] = tabs as [Tab, Tab]
    const name = `sallyport:${site.url}/auth`
    const already = site.requests.length
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    )
    assert.equal(kept, '[{},{},""]')
    await speaker.evaluate((channelName) => {
      const channel = new BroadcastChannel(channelName)
      Object.assign(window, { heard: [], channel })
      channel.onmessage = ({ data }) => window.heard.push(data)
      for (const message of [null, 'out', { sallyport: 'out' }, ['other', 'out'], ['sallyport', 7]])
        channel.postMessage(message)
    }, name)
    await signIn(page)
    await allAre('verified')
    const heard = await speaker.evaluate(() => JSON.stringify(window.heard))
    assert.doesNotMatch(heard, /eyJ|token|ada@/i)
    assert.match(heard, /sallyport/)
    assert.ok(!site.requests.slice(already).includes('POST /auth/logout'))
  })

  it('signs all tabs out within a second of a logout in one, without a request of the others', async () => {
    const already = site.requests.length
    const started = performance.now()
    await tabs[2]?.page.evaluate(() => auth.logout())
    await allAre('anonymous')
    for (const { stages } of tabs) {
      const last = stages.at(-1)
      assert.equal(last?.stage, 'anonymous')
      assert.ok((last?.at ?? 0) - started < 1_000, `${(last?.at ?? 0) - started} ms`)
    }
    assert.deepEqual(site.requests.slice(already), ['POST /auth/logout'])
    assert.equal(
      await tabs[0]?.page.evaluate(() => auth.token().catch((error) => error.code)),
      'session_missing',
    )
  })

  it('stays out in a tab that is loaded again', async () => {
    const page = tabs[3]?.page as Page
    await page.reload()
    await page.waitForFunction(() => auth.state.stage !== 'loading')
    assert.deepEqual(await page.evaluate(() => states.filter((stage) => stage === 'verified')), [])
  })

  it('tells a page that CORS hides the answer, what to set', async (t) => {
    const foreign = await openGate(t)
    const page = tabs[4]?.page as Page
    const loud: string[] = []
    page.on('console', (message) => void loud.push(message.text()))
    const told = await page.evaluate(
      (url) =>
        open1({ url })
          .ready()
          .then(String, ({ kind, code, fix }) => ({ kind, code, fix })),
      `${foreign.publicUrl}/auth`,
    )
    assert.deepEqual(told, { kind: 'config', code: 'cors', fix: `Add ${site.url} to CORS_ORIGINS` })
    assert.ok(
      loud.some((line) => line.startsWith('[sallyport]') && line.includes('CORS_ORIGINS')),
      String(loud),
    )
    const other = await page.evaluate(
      (url) =>
        open1({ url })
          .ready()
          .then(String, ({ kind, code }) => `${kind} ${code}`),
      `${foreign.url}/auth`,
    )
    assert.equal(other, 'config other_host')
  })

  it('works across origins of one site, where the server lists them', async (t) => {
    const foreign = await openGate(t, { env: { CORS_ORIGINS: site.url } })
    const account = await foreign.makeAccount()
    const page = tabs[4]?.page as Page
    const url = `${foreign.publicUrl}/auth`
    await page.evaluate(
      async ([home, who]) => {
        const there = open1({ url: home })
        Object.assign(window, { there })
        await there.login(who)
      },
      [url, { email: account.email, password: account.password }] as const,
    )
    const code = await foreign.code(account)
    const outcome = await page.evaluate(
      async ([digits, home]) => {
        const { there } = window
        await there.verify(digits)
        const reply = await there.fetch(`${home}/protected`)
        return `${there.state.stage} ${reply.status}`
      },
      [code, url] as const,
    )
    assert.equal(outcome, 'verified 200')
  })

  it('holds a refresh token in a store of the page, where somebody wants that', async () => {
    const page = tabs[4]?.page as Page
    await page.evaluate(
      async (who) => {
        let kept: string | null = null
        const store: TokenStore = {
          read: async () => kept,
          async replace(expected, next) {
            if (kept !== expected) return false
            kept = next
            return true
          },
        }
        Object.assign(window, { native: open1({ storage: nativeStorage(store) }) })
        await window.native.login(who)
      },
      { email: ada.email, password: ada.password },
    )
    const code = await site.gate.code(ada)
    const outcome = await page.evaluate(async (digits) => {
      const { native } = window
      await native.verify(digits)
      return `${native.state.stage} ${(await native.fetch('/auth/protected')).status}`
    }, code)
    assert.equal(outcome, 'verified 200')
  })
})
