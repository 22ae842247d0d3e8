/** The requests of the operations that several sections measure. */
import type { Contestant } from './contest.ts'
import { collect, cycle, load, once, type Supply } from './load.ts'
import { type Account, openPending, type PreparedStore } from './population.ts'
import { get, post } from './request.ts'
import { perSecond } from './sample.ts'

/** Sends these requests over and over. */
export function repeated(name: string, ports: number[], requests: Buffer[], expects: string): Contestant {
  const supply = cycle(requests)
  return { name, run: (ms) => load(ports, supply, { ms, expects }) }
}

/** Sends each request once, and has as many made before each run as the last one used, and a third more. */
export function consuming(
  name: string,
  ports: number[],
  options: {
    expects: string
    expectedPerSecond: number
    connections?: number
    make: (count: number) => Promise<Buffer[]>
  },
): Contestant {
  const supply = once([])
  let rate = options.expectedPerSecond
  return {
    name,
    async prepare(ms) {
      const count = Math.ceil((rate * 1.3 * ms) / 1_000)
      supply.refill(await options.make(Math.max(0, count - supply.left())))
    },
    async run(ms) {
      const { expects, connections } = options
      const sample = await load(ports, supply, { ms, expects, ...(connections ? { connections } : {}) })
      rate = Math.max(perSecond(sample), Math.min(200, options.expectedPerSecond))
      return sample
    },
  }
}

export function sessionCheck(name: string, ports: number[], cookies: string[]): Contestant {
  const requests = cookies.map((cookie) => get('/auth/session', { Cookie: cookie }))
  return repeated(name, ports, requests, '"stage":"verified"')
}

function tokenRequests(cookies: string[]): Buffer[] {
  return cookies.map((cookie) => post('/auth/token', { Cookie: cookie }))
}

export function tokenIssue(name: string, ports: number[], cookies: string[]): Contestant {
  return repeated(name, ports, tokenRequests(cookies), '"accessToken"')
}

/** Access tokens by POST /auth/token, so many of these sessions. */
export async function issueTokens(port: number, cookies: string[], count: number): Promise<string[]> {
  const requests = tokenRequests(cookies)
  const wanted = Array.from({ length: count }, (_, index) => requests[index % requests.length] as Buffer)
  const bodies = await collect([port], wanted, '"accessToken"')
  return bodies.map((body) => (JSON.parse(body) as { accessToken: string }).accessToken)
}

export function protectedRequests(tokens: string[]): Buffer[] {
  return tokens.map((token) => get('/auth/protected', { Authorization: `Bearer ${token}` }))
}

export const protectedAnswer = 'Protected route accessed'

/** Real codes of logins that were prepared, each verified once. */
export function verifyCode(
  name: string,
  ports: number[],
  stores: PreparedStore,
  accounts: Account[],
): Contestant {
  return consuming(name, ports, {
    expects: 'OTP verified successfully',
    expectedPerSecond: 4_000,
    async make(count) {
      const logins = await openPending(stores, accounts, count)
      return logins.map(({ cookie, otp }) => post('/auth/verify-otp', { Cookie: cookie }, { otp }))
    },
  })
}

/** Chains of refresh tokens: each answer holds the token of a later request. The chains take turns on the connections. */
export async function refresh(name: string, ports: number[], cookies: string[]): Promise<Contestant> {
  const asked = cookies.map((cookie) => post('/auth/token', { Cookie: cookie }, { refresh: true }))
  const ready = (await collect(ports, asked, '"refreshToken"')).map(refreshTokenIn)
  const supply: Supply = {
    next: () => post('/auth/refresh', {}, { refreshToken: ready.shift() }),
    took: (_, body) => void ready.push(refreshTokenIn(body)),
  }
  return { name, run: (ms) => load(ports, supply, { ms, expects: '"refreshToken"' }) }
}

function refreshTokenIn(body: string): string {
  return (JSON.parse(body) as { refreshToken: string }).refreshToken
}
