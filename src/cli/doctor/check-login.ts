import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../../config/settings.ts'
import { createMask } from '../mask.ts'
import { type Step, type StepReport, type TakenStep, takeStep } from '../take-step.ts'
import type { Visitor } from '../visitor.ts'
import { checkAddress, claimedAddress } from './check-address.ts'
import { checkCookie } from './check-cookie.ts'
import { checkReadable } from './check-origin.ts'
import { type Finding, fail, ok } from './finding.ts'
import type { Throwaway } from './throwaway.ts'

export type LoginPatient = {
  visitor: Visitor
  url: string
  origin: string | undefined
  settings: Settings
  account: Throwaway
}

/** The whole way of a user, with an account of our own: what it shows of cookies, proxies and CORS is told beside it. */
export async function checkLogin(patient: LoginPatient): Promise<Finding[]> {
  const taken: TakenStep[] = []
  const mask = createMask()
  const take = async (name: string, step: Omit<Step, 'name' | 'means' | 'wanted'>, wanted = 200) => {
    const result = await takeStep(patient.visitor, mask, { name, means: '', wanted, ...step })
    taken.push(result)
    if (!result.report.ok) throw new Stopped(result.report)
    return result
  }
  try {
    const address = await walk(patient, take)
    return [
      ok('login', 'login, code, token, protected route, refresh and logout hold'),
      ...about(patient, taken),
      checkAddress(patient.url, address, patient.settings),
    ]
  } catch (reason) {
    if (!(reason instanceof Stopped)) throw reason
    return [reason.finding, ...about(patient, taken)]
  }
}

function about({ visitor, url, origin, settings }: LoginPatient, taken: TakenStep[]): Finding[] {
  const [login] = taken
  const cookies =
    login?.report.status === 200 ? checkCookie(login.report.cookies, visitor.lostCookies, url, settings) : []
  return origin === undefined ? cookies : [...cookies, checkReadable(origin, url, settings, taken)]
}

type Take = (
  name: string,
  step: Omit<Step, 'name' | 'means' | 'wanted'>,
  wanted?: number,
) => Promise<TakenStep>

/** Gives the address under which the server saw us. */
async function walk({ account }: LoginPatient, take: Take): Promise<string> {
  const { email, password } = account
  const login = await take('login', { method: 'POST', path: '/auth/login', body: { email, password } })
  const otp = await account.codeOf(String(login.members.sessionId))
  if (otp === undefined) throw new Stopped(login.report, otherStore)
  // Believed only where the server believes anybody: then this address is that of the session.
  const headers = { 'x-forwarded-for': claimedAddress }
  await take('code', { method: 'POST', path: '/auth/verify-otp', body: { otp }, headers })
  const token = await take('token', { method: 'POST', path: '/auth/token', body: { refresh: true } })
  const { accessToken: bearer, refreshToken } = token.members as { accessToken: string; refreshToken: string }
  const sessions = await take('sessions', { method: 'GET', path: '/auth/sessions', bearer })
  await take('protected route', { method: 'GET', path: '/auth/protected', bearer })
  await take('refresh', { method: 'POST', path: '/auth/refresh', body: { refreshToken } })
  await take('logout', { method: 'POST', path: '/auth/logout' })
  await takeUntilRefused(take, bearer)
  const list = sessions.members.sessions as { address: string; current: boolean }[]
  return String(list.find(({ current }) => current)?.address)
}

/** Another server of the installation may take a second to hear of it. */
async function takeUntilRefused(take: Take, bearer: string): Promise<void> {
  const step = { method: 'GET', path: '/auth/protected', bearer } as const
  const deadline = Date.now() + 2_000
  for (;;) {
    try {
      await take('token of an ended session', step, 401)
      return
    } catch (reason) {
      if (Date.now() > deadline) throw reason
      await sleep(200)
    }
  }
}

class Stopped extends Error {
  readonly finding: Finding

  constructor(report: StepReport, finding = findingOf(report)) {
    super(report.step)
    this.finding = finding
  }
}

const otherStore = fail(
  'login',
  'the server opened a session that is not in this store: it uses another one',
  "Run this with the server's own settings (DATABASE_URL, DATA_DIR).",
)

function findingOf({ step, problem }: StepReport): Finding {
  if (step === 'login' && problem?.code === 'invalid_credentials') {
    const says =
      'the server does not know the account that was made for it in this store: it uses another one'
    return { ...otherStore, says }
  }
  if (step === 'code' && problem?.code === 'otp_invalid') {
    const says =
      'the server makes other codes from the same login: its SESSION_SECRET or OTP_LENGTH is another'
    return fail('login', says, "Run this with the server's own settings.")
  }
  const { code = 'unexpected_answer', cause, detail = '', fix = '' } = problem ?? {}
  return fail('login', `${step}: ${cause === undefined ? code : `${code} (${cause})`}: ${detail}`, fix)
}
