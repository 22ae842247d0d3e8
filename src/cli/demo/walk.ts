import { setTimeout as sleep } from 'node:timers/promises'
import { unlessAborted } from '../interrupt.ts'
import { createMask, type Mask } from '../mask.ts'
import { type Step, type StepProblem, type StepReport, takeStep } from '../take-step.ts'
import { createVisitor, type Visitor } from '../visitor.ts'
import { type Inbox, openInbox } from './read-code.ts'

export type WalkOptions = {
  url: string
  email: string
  password: string
  /** For the code, where there is no dev inbox; `undefined` where nobody can be asked. */
  askCode: ((destination: string) => Promise<string>) | undefined
  /** Hears of each step as it happens. */
  onStep: (report: StepReport) => void
  signal: AbortSignal
}

/** The way of a user through the gate, with real requests. Ends at the first step that doesn't hold; gives all that were taken. */
export async function walk(options: WalkOptions): Promise<StepReport[]> {
  const { url, email, password, signal } = options
  const mask = createMask()
  mask.learn(password)
  const visitor = createVisitor(url, { signal })
  const taken: StepReport[] = []
  const tell = (report: StepReport) => {
    taken.push(report)
    options.onStep(report)
    return report.ok
  }
  const take = async (step: Step) => {
    const { report, members } = await takeStep(visitor, mask, step)
    return tell(report) ? members : undefined
  }

  const inbox = await openInbox(visitor, email).catch(() => undefined)
  const login = await take(loginStep(email, password))
  if (!login) return taken
  const code = await findCode(options, inbox, login)
  if (typeof code !== 'string') {
    tell({ ...untaken(verifyStep('')), problem: code })
    return taken
  }
  mask.learn(code)
  await takeVerified(take, visitor, mask, tell, code)
  return taken
}

async function takeVerified(
  take: (step: Step) => Promise<Record<string, unknown> | undefined>,
  visitor: Visitor,
  mask: Mask,
  tell: (report: StepReport) => boolean,
  code: string,
): Promise<void> {
  if (!(await take(verifyStep(code)))) return
  const token = await take(tokenStep)
  if (!token) return
  if (!(await take(protectedStep(String(token.accessToken))))) return
  const refreshed = await take(refreshStep(String(token.refreshToken)))
  if (!refreshed) return
  if (!(await take(logoutStep))) return
  tell(await takeUntilRefused(visitor, mask, afterStep(String(refreshed.accessToken))))
}

/** Every server of an installation refuses within a second what one of them ended. */
async function takeUntilRefused(visitor: Visitor, mask: Mask, step: Step): Promise<StepReport> {
  for (const deadline = Date.now() + 2_000; ; await sleep(200)) {
    const { report } = await takeStep(visitor, mask, step)
    if (report.ok || Date.now() > deadline) return report
  }
}

async function findCode(
  { email, askCode, signal }: WalkOptions,
  inbox: Inbox | undefined,
  { otp }: Record<string, unknown>,
): Promise<string | StepProblem> {
  if (inbox) return (await inbox.next()) ?? noMail
  const { destination } = (otp ?? {}) as { destination?: string }
  return askCode ? unlessAborted(signal, askCode(destination ?? email)) : noInbox
}

const noMail: StepProblem = {
  code: 'no_mail',
  detail: 'No code came into the dev inbox within 10 s.',
  fix: 'Look at the lines mail.failed and fault in the output of the server.',
}
const noInbox: StepProblem = {
  code: 'no_inbox',
  detail: 'The server has no dev inbox for us (production, or not on this machine), and nobody can be asked.',
  fix: 'Run it in a terminal, or pipe the code in with --code-stdin.',
}

function untaken({ name, method, path, means }: Step): StepReport {
  const nothing = { status: null, ok: false, sent: null, answered: null, cookies: [], flowId: null }
  return { step: name, method, path, ...nothing, means }
}

function loginStep(email: string, password: string): Step {
  const means =
    'The password was right: a session waits for its code, and only its cookie proves whose session it is.'
  const body = { email, password }
  return { name: 'login', method: 'POST', path: '/auth/login', body, wanted: 200, means }
}

function verifyStep(otp: string): Step {
  const means =
    'The code was right and is used up: the session is verified, under a new id and so with a new cookie.'
  return { name: 'code', method: 'POST', path: '/auth/verify-otp', body: { otp }, wanted: 200, means }
}

const tokenStep: Step = {
  name: 'token',
  method: 'POST',
  path: '/auth/token',
  body: { refresh: true },
  wanted: 200,
  means:
    'The session was exchanged for an access token that any API can check, and a refresh token for later.',
}

function protectedStep(bearer: string): Step {
  const means = 'The access token alone opened a protected route: no cookie was needed.'
  return { name: 'protected', method: 'GET', path: '/auth/protected', bearer, wanted: 200, means }
}

function refreshStep(refreshToken: string): Step {
  const means =
    'The refresh token was replaced: a copy of the old one that comes back later ends the session.'
  const body = { refreshToken }
  return { name: 'refresh', method: 'POST', path: '/auth/refresh', body, wanted: 200, means }
}

const logoutStep: Step = {
  name: 'logout',
  method: 'POST',
  path: '/auth/logout',
  wanted: 200,
  means: 'The session has ended, its cookie was taken back, its refresh token is dead.',
}

function afterStep(bearer: string): Step {
  const means = 'The access token died with its session, before its time: that is why 401 is right here.'
  return { name: 'after', method: 'GET', path: '/auth/protected', bearer, wanted: 401, means }
}
