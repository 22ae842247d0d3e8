/** Any interleaving of logins, logouts, renewals and outages: never signed in after a logout, never two renewals at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type AuthClient, createClient } from '../../client/src/index.ts'

type Weather = 'fine' | 'offline' | 'busy' | 'lost'
type Step =
  | { act: 'login' | 'verify' | 'logout' | 'token' | 'fetch' | 'look' | 'end' }
  | { act: 'weather'; weather: Weather }
  | { act: 'rest'; turns: number }

/** The server as far as the client can see it. It answers out of order, when the scheduler wants it. */
class FakeServer {
  stage: 'anonymous' | 'otp_pending' | 'verified' = 'anonymous'
  sessions = 0
  weather: Weather = 'fine'
  renewing = 0
  mostRenewing = 0
  readonly scheduler: fc.Scheduler

  constructor(scheduler: fc.Scheduler) {
    this.scheduler = scheduler
  }

  fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(String(input))
    const isRenewal = pathname === '/auth/token'
    if (isRenewal) this.mostRenewing = Math.max(this.mostRenewing, ++this.renewing)
    try {
      await this.scheduler.schedule(Promise.resolve(), `to ${pathname}`)
      if (this.weather === 'offline') throw new TypeError('no network')
      if (this.weather === 'busy') return refusal(503, 'service_unavailable')
      const reply = this.answer(init.method ?? 'GET', pathname)
      if (this.weather === 'lost') throw new TypeError('lost')
      await this.scheduler.schedule(Promise.resolve(), `from ${pathname}`)
      return reply
    } finally {
      if (isRenewal) this.renewing--
    }
  }

  answer(method: string, path: string): Response {
    const { stage } = this
    const sessionId = `s${this.sessions}`
    switch (`${method} ${path}`) {
      case 'POST /auth/login': {
        this.stage = 'otp_pending'
        return Response.json({ sessionId: `s${++this.sessions}`, next: 'verify-otp', otp: { length: 6 } })
      }
      case 'POST /auth/verify-otp':
        if (stage === 'verified') return refusal(409, 'otp_not_pending')
        if (stage === 'anonymous') return refusal(401, 'session_missing')
        this.stage = 'verified'
        return Response.json({ next: 'token' })
      case 'POST /auth/logout':
        this.stage = 'anonymous'
        return Response.json({ message: 'Logged out' })
      case 'GET /auth/session':
        if (stage === 'anonymous') return Response.json({ stage })
        return Response.json({
          stage,
          sessionId,
          ...(stage === 'verified' && { user: { id: 'u', email: 'e' } }),
        })
      case 'POST /auth/token':
        if (stage === 'verified') return Response.json({ accessToken: `token-${sessionId}`, expiresIn: 1 })
        return stage === 'anonymous' ? refusal(401, 'session_ended') : refusal(403, 'otp_required')
      default:
        return Response.json({})
    }
  }
}

function refusal(status: number, code: string): Response {
  const headers = { 'content-type': 'application/problem+json' }
  return new Response(JSON.stringify({ status, code, detail: code }), { status, headers })
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom<Step>(
      ...(['login', 'verify', 'logout', 'token', 'fetch', 'look', 'end'] as const).map((act) => ({ act })),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<Weather>('fine', 'offline', 'busy', 'lost')
      .map((weather) => ({ act: 'weather' as const, weather })),
  },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 6 }).map((turns) => ({ act: 'rest' as const, turns })) },
)

describe('the client under any interleaving', () => {
  it('is never signed in after a logout, and renews once at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(steps, { maxLength: 40 }), async (scheduler, plan) => {
        const server = new FakeServer(scheduler)
        const auth = createClient({ url: 'http://auth.test/auth', fetch: server.fetch })
        try {
          await walk(auth, server, scheduler, plan)
        } finally {
          auth.dispose()
        }
      }),
      { numRuns: 400 },
    )
  })
})

/** After a logout only a login that was asked for later may show a session. */
async function walk(
  auth: AuthClient,
  server: FakeServer,
  scheduler: fc.Scheduler,
  plan: Step[],
): Promise<void> {
  let isOut = false
  const stop = auth.subscribe(({ stage }) => {
    if (isOut) assert.ok(stage === 'anonymous' || stage === 'loading', `${stage} after a logout`)
  })
  const pending: Promise<unknown>[] = []
  const run = (work: Promise<unknown>) => void pending.push(work.catch(() => {}))
  for (const step of plan) {
    if (step.act === 'weather') server.weather = step.weather
    else if (step.act === 'rest') await rest(scheduler, step.turns)
    else if (step.act === 'end') server.stage = 'anonymous'
    else {
      if (step.act === 'logout') isOut = true
      if (step.act === 'login') isOut = false
      run(start(auth, step.act))
      if (step.act === 'logout') assert.equal(auth.state.stage, 'anonymous')
    }
    assert.ok(server.mostRenewing <= 1, 'two renewals at once')
  }
  server.weather = 'fine'
  let isDone = false
  const done = Promise.all(pending).then(() => {
    isDone = true
  })
  while (!isDone) await rest(scheduler, 1)
  await done
  assert.ok(server.mostRenewing <= 1, 'two renewals at once')
  stop()
}

function start(
  auth: AuthClient,
  act: 'login' | 'verify' | 'logout' | 'token' | 'fetch' | 'look',
): Promise<unknown> {
  switch (act) {
    case 'login':
      return auth.login({ email: 'e', password: 'p' })
    case 'verify':
      return auth.verify('123456')
    case 'logout':
      return auth.logout()
    case 'token':
      return auth.token()
    case 'fetch':
      return auth.fetch('http://auth.test/api')
    case 'look':
      return auth.ready()
  }
}

async function rest(scheduler: fc.Scheduler, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (scheduler.count() > 0) await scheduler.waitOne()
    await new Promise(setImmediate)
  }
}
