/** A person with a browser: an address bar, a page of an app on another port, two tabs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { eventually } from '../support/services.ts'
import { appPort, asJson, type Call, include, openPages, readPage } from './pages.ts'
import { type Answer, type ClientLesson, login, type Scene, succeeded, type Taught } from './scene.ts'

type Pages = Awaited<ReturnType<typeof openPages>>

const app = `http://localhost:${appPort}`
const numericApp = `http://127.0.0.1:${appPort}`

function page(
  make: (pages: Pages, scene: Scene) => Promise<Taught>,
  env?: Record<string, string>,
): ClientLesson {
  return {
    env: env ?? { CORS_ORIGINS: `${app},${numericApp}` },
    make: async (scene) => make(await openPages(scene), scene),
  }
}

/** Nobody has told the server of the app. */
const unlisted = {}

const ofCookies: Record<string, ClientLesson> = {
  'session_missing: cors_without_credentials': page(async ({ tab, ask, enter }, scene) => {
    const tabOfApp = await tab()
    const withoutCredentials: Call = { method: 'POST', headers: asJson }
    succeeded(await ask(tabOfApp, `${scene.url}/auth/login`, { ...withoutCredentials, body: login }))
    const body = JSON.stringify({ otp: await scene.code() })
    return {
      reply: await ask(tabOfApp, `${scene.url}/auth/verify-otp`, { ...withoutCredentials, body }),
      says: "Add credentials: 'include' (fetch)",
      // "to this request and to the login"
      retry: () => enter(tabOfApp),
    }
  }),
  'session_missing: cors_without_credentials in axios': page(async ({ tab }, scene) => {
    const tabOfApp = await tab()
    await tabOfApp.addScriptTag({ content: axiosForPages() })
    const post = async (path: string, data: unknown, withCredentials: boolean): Promise<Answer> => {
      const given = JSON.stringify({ url: scene.url + path, data, method: 'post', withCredentials })
      const { status, data: body } = (await tabOfApp.evaluate(
        `axios({ ...${given}, validateStatus: null }).then(({ status, data }) => ({ status, data }))`,
      )) as { status: number; data: unknown }
      return { status, headers: {}, body }
    }
    await post('/auth/login', JSON.parse(login), false)
    return {
      reply: await post('/auth/verify-otp', { otp: await scene.code() }, false),
      says: 'withCredentials: true (axios) to this request and to the login.',
      retry: async () => {
        await post('/auth/login', JSON.parse(login), true)
        return post('/auth/verify-otp', { otp: await scene.code() }, true)
      },
    }
  }),
  'session_missing: cross_site_lax': page(async ({ tab, logIn, verify, enter }, scene) => {
    const elsewhere = await tab('127.0.0.1')
    await logIn(elsewhere)
    return {
      reply: await verify(elsewhere, await scene.code()),
      says: 'Serve the page and this server under one site',
      retry: async () => enter(await tab('localhost')),
    }
  }),
  'session_missing: cross_site_lax behind a proxy': page(async ({ tab, logIn, verify, enter }, scene) => {
    const elsewhere = await tab('127.0.0.1')
    await logIn(elsewhere)
    return {
      reply: await verify(elsewhere, await scene.code()),
      says: 'or proxy /auth to this server.',
      // The page now calls its own origin.
      retry: () => enter(elsewhere, numericApp),
    }
  }),
  'session_missing: other_host': page(async ({ tab, logIn, verify }, scene) => {
    const tabOfApp = await tab()
    await logIn(tabOfApp)
    const otp = await scene.code()
    return {
      reply: await verify(tabOfApp, otp, scene.numericUrl),
      says: 'Use one name for all requests: localhost.',
      retry: () => verify(tabOfApp, otp),
    }
  }),
  'session_missing: duplicate_cookie': page(async ({ context, tab, enter, token }) => {
    const tabOfApp = await tab()
    // Ports share their cookies, and the one of the longer path goes first.
    await tabOfApp.evaluate("document.cookie = 'sallyport.sid=of-another-project; path=/auth'")
    await enter(tabOfApp).catch(() => {})
    return {
      reply: await token(tabOfApp),
      says: 'Delete the cookies of this host, log in again and send the one cookie that the answer sets.',
      retry: async () => {
        await context.clearCookies()
        await enter(tabOfApp)
        return token(tabOfApp)
      },
    }
  }),
  'session_ended: revoked': page(async ({ tab, ask, enter, token }, scene) => {
    const tabOfApp = await tab()
    await enter(tabOfApp)
    const phone = { 'content-type': 'application/json' }
    const elsewhere = await fetch(`${scene.url}/auth/login`, { method: 'POST', headers: phone, body: login })
    const cookie = /sallyport\.sid=[^;]+/.exec(elsewhere.headers.get('set-cookie') ?? '')?.[0] ?? ''
    const otp = await scene.code()
    const verified = await fetch(`${scene.url}/auth/verify-otp`, {
      method: 'POST',
      headers: { ...phone, cookie },
      body: JSON.stringify({ otp }),
    })
    const fresh = /sallyport\.sid=[^;]+/.exec(verified.headers.get('set-cookie') ?? '')?.[0] ?? ''
    await fetch(`${scene.url}/auth/sessions`, { method: 'DELETE', headers: { cookie: fresh } })
    return {
      reply: await ask(tabOfApp, `${scene.url}/auth/token`, include),
      says: 'Log in again.',
      retry: async () => {
        await enter(tabOfApp)
        return token(tabOfApp)
      },
    }
  }),
}

function axiosForPages(): string {
  const folder = createRequire(import.meta.url)
    .resolve('axios/package.json')
    .replace('package.json', '')
  return readFileSync(join(folder, 'dist/axios.min.js'), 'utf8')
}

const ofTabs: Record<string, ClientLesson> = {
  'otp_required: skipped_step': page(async ({ tab, logIn, verify, token }, scene) => {
    const tabOfApp = await tab()
    await logIn(tabOfApp)
    return {
      reply: await token(tabOfApp),
      says: 'POST /auth/verify-otp with the code from the mail first',
      retry: async () => {
        succeeded(await verify(tabOfApp, await scene.code()))
        return token(tabOfApp)
      },
    }
  }),
  'otp_invalid: older_code': page(async ({ tab, logIn, verify }, scene) => {
    const [first, second] = [await tab(), await tab()]
    await logIn(first)
    const older = await scene.code()
    await logIn(second)
    return {
      reply: await verify(first, older),
      says: 'Send the code of the newest mail.',
      retry: async () => verify(first, await scene.code()),
    }
  }),
  'otp_not_pending: already_verified': page(async ({ tab, logIn, verify, token }, scene) => {
    const tabOfApp = await tab()
    await logIn(tabOfApp)
    const otp = await scene.code()
    succeeded(await verify(tabOfApp, otp))
    return {
      // The second click.
      reply: await verify(tabOfApp, otp),
      says: 'go on to POST /auth/token.',
      retry: () => token(tabOfApp),
    }
  }),
  'invalid_request: lost_zero': page(async ({ tab, logIn, verify }, scene) => {
    const tabOfApp = await tab()
    await logIn(tabOfApp)
    const otp = await scene.code()
    return {
      // What <input type="number"> gives.
      reply: await verify(tabOfApp, Number(otp)),
      says: 'Send the code as a string',
      retry: () => verify(tabOfApp, otp),
    }
  }),
  'token_expired: expired': page(async ({ tab, ask, enter, token }, scene) => {
    const tabOfApp = await tab()
    await enter(tabOfApp)
    const open = (accessToken: string) => {
      const headers = { authorization: `Bearer ${accessToken}` }
      return ask(tabOfApp, `${scene.url}/auth/protected`, { headers })
    }
    const first = (await token(tabOfApp)).body.accessToken
    await scene.advance('6m')
    return {
      reply: await open(first),
      says: 'POST /auth/token, or POST /auth/refresh with a refresh token, gives a new one.',
      retry: async () => open((await token(tabOfApp)).body.accessToken),
    }
  }),
  'token_invalid: undefined_sent': page(async ({ tab, ask, enter, token }, scene) => {
    const tabOfApp = await tab()
    await enter(tabOfApp)
    const kept = await tabOfApp.evaluate("localStorage.getItem('accessToken')")
    const open = (accessToken: unknown) =>
      ask(tabOfApp, `${scene.url}/auth/protected`, { headers: { authorization: `Bearer ${accessToken}` } })
    return {
      reply: await open(kept),
      says: 'Wait for the answer of POST /auth/token and send its accessToken.',
      retry: async () => open((await token(tabOfApp)).body.accessToken),
    }
  }),
  'refresh_reused: replay': page(async ({ tab, ask, enter }, scene) => {
    const [first, second] = [await tab(), await tab()]
    const json = { ...include, headers: asJson }
    // Both tabs have read the same token when they were opened.
    const logIn = async (): Promise<string> => {
      await enter(first)
      return (await ask(first, `${scene.url}/auth/token`, { ...json, body: '{"refresh":true}' })).body
        .refreshToken
    }
    const refresh = (from: Page, refreshToken: string) =>
      ask(from, `${scene.url}/auth/refresh`, { ...json, body: JSON.stringify({ refreshToken }) })
    const shared = await logIn()
    succeeded(await refresh(first, shared))
    await scene.advance('31s')
    return {
      reply: await refresh(second, shared),
      says: 'Store the newest refresh token before its access token is used; log in again.',
      retry: async () => {
        const { refreshToken } = succeeded(await refresh(first, await logIn())).body
        await first.evaluate(`localStorage.setItem('refreshToken', '${refreshToken}')`)
        await scene.advance('31s')
        return refresh(second, await second.evaluate("localStorage.getItem('refreshToken')"))
      },
    }
  }),
}

/** The address bar sends GET and shows a page to read. */
const ofAddressBar: Record<string, ClientLesson> = {
  'wrong_method: get_instead_of_post': typing('/auth/login', 'Send POST, not GET', (pages, tabOfApp) =>
    pages.logIn(tabOfApp),
  ),
  'not_found: near_miss': typing('/login', 'Send POST /auth/login.', (pages, tabOfApp) =>
    pages.logIn(tabOfApp),
  ),
  'not_found: near_miss with a slash': typing('/healthz/', 'Send GET /healthz.', read('/healthz')),
  'not_found: unknown_path': typing(
    '/dashboard',
    'Check the path and the port; /openapi.json lists every route.',
    read('/openapi.json'),
  ),
  'bearer_missing: no_header': typing(
    '/auth/protected',
    'Add the header Authorization: Bearer',
    openWithToken,
  ),
  'bearer_missing: cookie_only': typing(
    '/auth/protected',
    'Get a token with POST /auth/token and send it as Authorization: Bearer <accessToken>.',
    openWithToken,
    (pages, tabOfApp) => pages.enter(tabOfApp),
  ),
  'bearer_missing: in_query': typing(
    '/auth/protected?token=eyJhbGciOiJFUzI1NiJ9',
    'Send the token as the header Authorization: Bearer <accessToken>',
    openWithToken,
  ),
}

type Act = (pages: Pages, tabOfApp: Page, scene: Scene) => Promise<Answer>

function typing(path: string, says: string, then: Act, before?: Act): ClientLesson {
  return page(async (pages, scene) => {
    const tabOfApp = await pages.tab()
    await before?.(pages, tabOfApp, scene)
    const bar = await pages.context.newPage()
    const reply = await readPage(bar, () => bar.goto(scene.url + path))
    return { reply, says, retry: () => then(pages, tabOfApp, scene) }
  })
}

/** In the address bar again. */
function read(path: string): Act {
  return async (_pages, tabOfApp, scene) => {
    const response = await tabOfApp.goto(scene.url + path)
    return { status: response?.status() ?? 0, headers: {}, body: await response?.json() }
  }
}

async function openWithToken({ ask, enter, token }: Pages, tabOfApp: Page, scene: Scene): Promise<Answer> {
  await enter(tabOfApp)
  const { accessToken } = succeeded(await token(tabOfApp)).body
  return ask(tabOfApp, `${scene.url}/auth/protected`, { headers: { authorization: `Bearer ${accessToken}` } })
}

/** `<form method="post">`: the browser leaves the page and shows the answer. */
async function sendForm(from: Page, action: string): Promise<Answer> {
  await from.setContent(`<form method="post" action="${action}"><input name="email" value="test@test.com">
<input name="password" value="123456"><button>Log in</button></form>`)
  return readPage(from, () => from.getByRole('button').click())
}

const ofPages: Record<string, ClientLesson> = {
  'unsupported_media_type: form_body': page(async ({ tab, logIn }, scene) => {
    return {
      reply: await sendForm(await tab(), `${scene.url}/auth/login`),
      says: "Send JSON: curl -H 'Content-Type: application/json'",
      retry: async () => logIn(await tab()),
    }
  }),
  'unsupported_media_type: other_content_type': page(async ({ tab, ask, logIn }, scene) => {
    const tabOfApp = await tab()
    return {
      reply: await ask(tabOfApp, `${scene.url}/auth/login`, { ...include, body: login }),
      says: "in fetch headers: {'content-type': 'application/json'}.",
      retry: () => logIn(tabOfApp),
    }
  }),
  'malformed_json: not_stringified': page(async ({ tab, ask, logIn }, scene) => {
    const tabOfApp = await tab()
    const body = String(JSON.parse(login))
    return {
      reply: await ask(tabOfApp, `${scene.url}/auth/login`, { ...include, headers: asJson, body }),
      says: 'Send body: JSON.stringify(object) with Content-Type: application/json.',
      retry: () => logIn(tabOfApp),
    }
  }),
  'cross_site_request: origin_not_listed': page(async ({ tab, logIn }, scene) => {
    return {
      reply: await sendForm(await tab(), `${scene.url}/auth/login`),
      says: `Add ${app} to CORS_ORIGINS`,
      retry: async () => {
        await scene.restart({ CORS_ORIGINS: app })
        return logIn(await tab())
      },
    }
  }, unlisted),
  'cross_site_request: null_origin': page(async ({ context, tab, logIn }, scene) => {
    const file = join(scene.folder, 'page.html')
    writeFileSync(file, '<h1>A page without a server</h1>')
    const opened = await context.newPage()
    await opened.goto(pathToFileURL(file).href)
    return {
      reply: await sendForm(opened, `${scene.url}/auth/login`),
      says: 'Serve the page over http from an origin of its own, and add that to CORS_ORIGINS.',
      retry: async () => {
        await scene.restart({ CORS_ORIGINS: app })
        return logIn(await tab())
      },
    }
  }, unlisted),
  'wrong_method: origin_of_preflight_not_listed': page(async ({ tab, logIn }, scene) => {
    const tabOfApp = await tab()
    // A page can't read why its preflight was refused: the terminal tells.
    await logIn(tabOfApp).catch(() => {})
    return {
      reply: await refusalInTerminal(scene, 404),
      says: `Add the exact origin of the page to CORS_ORIGINS (${app})`,
      retry: async () => {
        await scene.restart({ CORS_ORIGINS: app })
        return logIn(tabOfApp)
      },
    }
  }, unlisted),
}

function refusalInTerminal(scene: Scene, status: number): Promise<Answer> {
  return eventually(() => {
    const told = new RegExp(`refused ${status}\\s+(\\w+): (\\w+)\\s+fix: (.*?)\\s+flow`).exec(
      scene.terminal(),
    )
    if (!told) throw new Error(`The terminal says nothing: ${scene.terminal()}`)
    const [, code, cause, fix] = told
    return { status, headers: {}, body: { code, cause, fix } }
  })
}

export const lessonsOfChromium: Record<string, ClientLesson> = {
  ...ofCookies,
  ...ofTabs,
  ...ofAddressBar,
  ...ofPages,
}
