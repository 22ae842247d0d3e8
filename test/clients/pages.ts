/** Pages of another origin in Chromium, and what a person sees in a tab. */
import { createServer, request } from 'node:http'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchChromium } from '../support/browser.ts'
import { freePort } from '../support/ports.ts'
import { type Answer, login, type Scene, succeeded } from './scene.ts'

let launched: Promise<Browser> | undefined

/** One browser for all lessons, each with cookies of its own. */
async function openContext(scene: Scene): Promise<BrowserContext> {
  launched ??= launchChromium()
  const context = await (await launched).newContext()
  scene.atEnd(() => context.close())
  return context
}

export async function closeChromium(): Promise<void> {
  await (await launched)?.close()
}

export type Call = {
  method?: string
  headers?: Record<string, string>
  body?: string
  credentials?: 'include'
}

export const include = { method: 'POST', credentials: 'include' } as const
export const asJson = { 'content-type': 'application/json' }

/** A person with a browser, and an app on a port of its own: http://localhost:{appPort}, or under the name 127.0.0.1. */
export async function openPages(scene: Scene) {
  const context = await openContext(scene)
  await serveApp(scene)

  /** A tab of the app. */
  const tab = async (host = 'localhost'): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(`http://${host}:${appPort}/`)
    return page
  }
  /** `fetch` in the page, to the letter. */
  const ask = (page: Page, url: string, init: Call = {}): Promise<Answer> =>
    page.evaluate(
      async ([address, options]) => {
        const response = await fetch(address, options)
        const text = await response.text()
        const body = text.startsWith('{') ? JSON.parse(text) : text
        return { status: response.status, headers: Object.fromEntries(response.headers), body }
      },
      [url, init] as const,
    )
  const logIn = async (page: Page, at = scene.url) =>
    succeeded(await ask(page, `${at}/auth/login`, { ...include, headers: asJson, body: login }))
  const verify = (page: Page, otp: unknown, at = scene.url) =>
    ask(page, `${at}/auth/verify-otp`, { ...include, headers: asJson, body: JSON.stringify({ otp }) })
  const enter = async (page: Page, at = scene.url) => {
    await logIn(page, at)
    return succeeded(await verify(page, await scene.code(), at))
  }
  const token = (page: Page, at = scene.url) => ask(page, `${at}/auth/token`, include)
  return { context, tab, ask, logIn, verify, enter, token }
}

/** The address bar, or a form that was sent: what the person can read. */
export async function readPage(page: Page, act: () => Promise<unknown>): Promise<Answer> {
  const [response] = await Promise.all([
    page.waitForResponse((each) => each.request().isNavigationRequest() && each.status() !== 302),
    act(),
  ])
  await page.waitForLoadState()
  const [code, cause] = await page.locator('h1 + p code').allTextContents()
  const fix = await page.locator('strong').first().textContent()
  const detail = await page.locator('h2 + p').first().textContent()
  return { status: response.status(), headers: response.headers(), body: { code, cause, fix, detail } }
}

/** An empty page at every path; `/auth` goes on to the server, as the proxy of a bundler does. */
async function serveApp(scene: Scene): Promise<void> {
  const app = createServer((req, res) => {
    const { url: path = '', method, headers } = req
    if (!path.startsWith('/auth/'))
      return void res.setHeader('content-type', 'text/html').end('<h1>The app</h1>')
    const inner = request({ host: '127.0.0.1', port: scene.port, method, path, headers }, (reply) => {
      res.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(res)
    })
    req.pipe(inner)
  })
  await new Promise<void>((resolve) => app.listen(appPort, '127.0.0.1', resolve))
  scene.atEnd(() => app.close())
  scene.atEnd(() => app.closeAllConnections())
}

export const appPort = await freePort()
