/** Random walks through the gate, against a model of it that fits on one page. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openGate, type TestAccount, type TestGate, wrongCode } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

/** What should be true of one browser and its account. */
type Model = {
  disabled: boolean
  stage: 'anonymous' | 'otp_pending' | 'verified' | 'ended'
  /** ms */
  startedAt: number
  lastSeenAt: number
  attemptsLeft: number
  consecutiveFailures: number
  lockLevel: number
  lockedUntil: number
  /** The newest access token. */
  bearer: { value: string; expiresAt: number } | undefined
  /** Refresh tokens in the order in which they were given; the last one is the live one. */
  refresh: { value: string; rotatedAt: number }[]
  sessionOfTokensEnded: boolean
}

function freshModel(): Model {
  return {
    disabled: false,
    stage: 'anonymous',
    startedAt: 0,
    lastSeenAt: 0,
    attemptsLeft: 0,
    consecutiveFailures: 0,
    lockLevel: 0,
    lockedUntil: 0,
    bearer: undefined,
    refresh: [],
    sessionOfTokensEnded: false,
  }
}

type Real = { gate: TestGate; client: Client; account: TestAccount }

const otpTtl = 600_000
const idleTtl = 86_400_000
const grace = 30_000

/** The stage as it is now, after the time that went by. */
function settle(model: Model, now: number): void {
  if (model.stage === 'otp_pending' && now >= model.startedAt + 2 * otpTtl) model.stage = 'ended'
  if (model.stage === 'verified' && now >= model.lastSeenAt + idleTtl) model.stage = 'ended'
}

class LogIn implements fc.AsyncCommand<Model, Real> {
  readonly right: boolean
  constructor(right: boolean) {
    this.right = right
  }
  check = () => true
  toString = () => `log in with the ${this.right ? 'right' : 'wrong'} password`
  async run(model: Model, { gate, client, account }: Real): Promise<void> {
    const now = gate.clock.now()
    settle(model, now)
    const password = this.right ? account.password : 'wrong'
    const reply = await client.post('/auth/login', { email: account.email, password })
    await gate.sallyport().inside.mail.idle()
    const locked = model.lockedUntil > now
    const expected = !this.right || model.disabled ? 401 : locked ? 429 : 200
    assert.equal(reply.status, expected, JSON.stringify(reply.body))
    if (expected !== 200) return
    if (model.stage === 'verified') model.sessionOfTokensEnded = true
    Object.assign(model, { stage: 'otp_pending', startedAt: now, lastSeenAt: now, attemptsLeft: 5 })
  }
}

class Verify implements fc.AsyncCommand<Model, Real> {
  readonly right: boolean
  constructor(right: boolean) {
    this.right = right
  }
  check = () => true
  toString = () => `verify the ${this.right ? 'right' : 'a wrong'} code`
  async run(model: Model, { gate, client, account }: Real): Promise<void> {
    const now = gate.clock.now()
    settle(model, now)
    const code =
      gate
        .sallyport()
        .inside.mail.inbox?.list(account.email)
        .find((mail) => mail.code)?.code ?? '123456'
    const reply = await client.post('/auth/verify-otp', { otp: this.right ? code : wrongCode(code) })
    assert.equal(`${reply.status} ${reply.body.code ?? 'ok'}`, this.expected(model, now))
  }
  /** What the answer should be; moves the model on. */
  expected(model: Model, now: number): string {
    if (model.stage === 'anonymous') return '401 session_missing'
    if (model.stage === 'ended') return '401 session_ended'
    if (model.stage === 'verified') return '409 otp_not_pending'
    if (model.lockedUntil > now) return '429 otp_locked'
    if (now >= model.startedAt + otpTtl) return '401 otp_expired'
    if (model.attemptsLeft === 0) return '401 otp_attempts_exhausted'
    model.attemptsLeft -= 1
    if (!this.right) return this.charge(model, now)
    Object.assign(model, { stage: 'verified', startedAt: now, lastSeenAt: now })
    Object.assign(model, { consecutiveFailures: 0, lockLevel: 0, lockedUntil: 0 })
    Object.assign(model, { bearer: undefined, refresh: [], sessionOfTokensEnded: false })
    return '200 ok'
  }
  charge(model: Model, now: number): string {
    model.consecutiveFailures += 1
    if (model.consecutiveFailures < (model.lockLevel === 0 ? 10 : 5)) return '401 otp_invalid'
    const minutes = model.lockLevel === 0 ? 15 : 24 * 60 * 2 ** (model.lockLevel - 1)
    Object.assign(model, {
      consecutiveFailures: 0,
      lockLevel: model.lockLevel + 1,
      lockedUntil: now + minutes * 60_000,
    })
    return '429 otp_locked'
  }
}

class Token implements fc.AsyncCommand<Model, Real> {
  check = () => true
  toString = () => 'exchange the session for tokens'
  async run(model: Model, { gate, client }: Real): Promise<void> {
    const now = gate.clock.now()
    settle(model, now)
    const reply = await client.post('/auth/token', { refresh: true })
    const expected = { anonymous: 401, ended: 401, otp_pending: 403, verified: 200 }[model.stage]
    assert.equal(reply.status, expected, JSON.stringify(reply.body))
    if (expected !== 200) return
    const { accessToken, refreshToken } = reply.body
    model.lastSeenAt = now
    model.bearer = { value: accessToken, expiresAt: now + 300_000 }
    if (model.refresh.length === 0) model.refresh.push({ value: refreshToken, rotatedAt: now })
    assert.equal(refreshToken, model.refresh.at(-1)?.value)
  }
}

class Protected implements fc.AsyncCommand<Model, Real> {
  check = (model: Readonly<Model>) => model.bearer !== undefined
  toString = () => 'open the protected route'
  async run(model: Model, { gate, client, account }: Real): Promise<void> {
    const bearer = model.bearer?.value ?? ''
    const reply = await client.get('/auth/protected', { bearer })
    const expired = gate.clock.now() >= (model.bearer?.expiresAt ?? 0)
    const expected = expired
      ? '401 token_expired'
      : model.sessionOfTokensEnded
        ? '401 token_invalid'
        : '200 ok'
    assert.equal(`${reply.status} ${reply.body.code ?? 'ok'}`, expected)
    if (expected === '200 ok') assert.equal(reply.body.user.id, account.id)
  }
}

class Refresh implements fc.AsyncCommand<Model, Real> {
  /** How old the token is: 0 is the live one. */
  readonly age: number
  constructor(age: number) {
    this.age = age
  }
  check = (model: Readonly<Model>) => model.refresh.length > this.age
  toString = () => `refresh with the token ${this.age} before the last`
  async run(model: Model, { gate, client }: Real): Promise<void> {
    const now = gate.clock.now()
    const live = model.refresh.at(-1) as Model['refresh'][number]
    const refreshToken = model.refresh.at(-1 - this.age)?.value
    const reply = await client.post('/auth/refresh', { refreshToken })
    const inGrace = this.age === 1 && now <= live.rotatedAt + grace
    if (model.sessionOfTokensEnded) {
      assert.equal(`${reply.status} ${reply.body.code}`, '401 refresh_invalid')
    } else if (this.age > 0 && !inGrace) {
      assert.equal(`${reply.status} ${reply.body.code}`, '401 refresh_reused')
      Object.assign(model, { sessionOfTokensEnded: true })
      if (model.stage === 'verified') model.stage = 'ended'
    } else {
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      model.bearer = { value: reply.body.accessToken, expiresAt: now + 300_000 }
      if (inGrace) assert.equal(reply.body.refreshToken, live.value)
      else model.refresh.push({ value: reply.body.refreshToken, rotatedAt: now })
    }
  }
}

class LogOut implements fc.AsyncCommand<Model, Real> {
  check = () => true
  toString = () => 'log out'
  async run(model: Model, { gate, client }: Real): Promise<void> {
    settle(model, gate.clock.now())
    const wasVerified = model.stage === 'verified'
    assert.equal((await client.post('/auth/logout')).status, 200)
    if (wasVerified) model.sessionOfTokensEnded = true
    model.stage = 'anonymous'
  }
}

class Disable implements fc.AsyncCommand<Model, Real> {
  check = (model: Readonly<Model>) => !model.disabled
  toString = () => 'disable the account'
  async run(model: Model, { gate, account }: Real): Promise<void> {
    settle(model, gate.clock.now())
    await gate.disable(account)
    Object.assign(model, { disabled: true, sessionOfTokensEnded: true })
    if (model.stage !== 'anonymous') model.stage = 'ended'
  }
}

class Enable implements fc.AsyncCommand<Model, Real> {
  check = (model: Readonly<Model>) => model.disabled
  toString = () => 'enable the account'
  async run(model: Model, { gate, account }: Real): Promise<void> {
    await gate.enable(account)
    model.disabled = false
  }
}

class Advance implements fc.AsyncCommand<Model, Real> {
  readonly minutes: number
  constructor(minutes: number) {
    this.minutes = minutes
  }
  check = () => true
  toString = () => `${this.minutes} min go by`
  run = async (_: Model, { gate }: Real) => gate.clock.advance(`${this.minutes}m`)
}

class Look implements fc.AsyncCommand<Model, Real> {
  check = () => true
  toString = () => 'look at the session'
  async run(model: Model, { gate, client }: Real): Promise<void> {
    settle(model, gate.clock.now())
    const { body } = await client.get('/auth/session')
    assert.equal(body.stage, model.stage === 'ended' ? 'anonymous' : model.stage)
    assert.equal('endedBecause' in body, model.stage === 'ended')
  }
}

const commands = fc.commands(
  [
    fc.constant(new LogIn(true)),
    fc.constant(new LogIn(false)),
    fc.constant(new Verify(true)),
    fc.constant(new Verify(true)),
    fc.constant(new Verify(false)),
    fc.constant(new Verify(false)),
    fc.constant(new Token()),
    fc.constant(new Token()),
    fc.constant(new Protected()),
    fc.constant(new Protected()),
    fc.constantFrom(0, 0, 1, 2).map((age) => new Refresh(age)),
    fc.constant(new LogOut()),
    fc.constant(new Disable()),
    fc.constant(new Enable()),
    fc.constant(new Look()),
    fc.constantFrom(1, 1, 6, 11, 21).map((minutes) => new Advance(minutes)),
  ],
  { maxCommands: 60 },
)

describe('the session', () => {
  it('is in the state of the model after every walk', async (t) => {
    const gate = await openGate(t, { quickPasswords: true })
    let walks = 0
    const walk = fc.asyncProperty(commands, async (walked) => {
      const account = await gate.makeAccount(`walker${++walks}@example.test`)
      const client = gate.client()
      const start = (): { model: Model; real: Real } => ({
        model: freshModel(),
        real: { gate, client, account },
      })
      await fc.asyncModelRun(start, walked)
      client.close()
    })
    await fc.assert(walk, { numRuns: 150 })
  })

  it('is in the state of the model after walks that get far', async (t) => {
    const gate = await openGate(t, { quickPasswords: true })
    const account = await gate.makeAccount()
    const client = gate.client()
    const model = freshModel()
    const real = { gate, client, account }
    const script = [
      ...[new LogIn(true), new Verify(false), new Verify(true), new Token(), new Protected()],
      ...[new Refresh(0), new Refresh(1), new Advance(1), new Protected(), new Refresh(0), new Refresh(2)],
      ...[new Protected(), new Look(), new Token(), new LogIn(true), new Verify(true), new Token()],
      ...[new Disable(), new Protected(), new Refresh(0), new Look(), new Enable(), new Refresh(0)],
      ...[new Look(), new Token(), new LogIn(true), ...Array.from({ length: 5 }, () => new Verify(false))],
      ...[new Verify(true), new LogIn(true), ...Array.from({ length: 5 }, () => new Verify(false))],
      ...[new Verify(true), new LogIn(true), new Advance(16), new LogIn(true), new Verify(true), new Token()],
      ...[new Protected(), new LogOut(), new Protected(), new Look()],
    ]
    for (const command of script) if (command.check(model)) await command.run(model, real)
  })
})
