import { developmentAccount } from '../../development-account.ts'
import { type CookieJar, createCookieJar } from '../cookie-jar.ts'
import { openInbox } from '../demo/read-code.ts'
import { withThrowaway } from '../doctor/throwaway.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { unlessAborted } from '../interrupt.ts'
import { hasOwnSecret, loadEnvironment, withDesk } from '../open-desk.ts'
import { createVisitor, type Reply, type Visitor } from '../visitor.ts'

/** Whose sessions are put on trial. */
export type Person = {
  email: string
  password: string
  /** The code of a login that has just been answered. */
  codeOf: ((login: Reply) => Promise<string | undefined>) | undefined
}

export type PersonOptions = {
  url: string
  signal: AbortSignal
  /** `undefined`: one that is there for this. */
  account: { email: string; password: string } | undefined
  /** For the code, where there is no dev inbox; `undefined` where nobody can be asked. */
  askCode: ((destination: string) => Promise<string>) | undefined
}

/**
 * Lends somebody who can log in: who was named; else the account of a development server with a dev inbox; else, in the directory of
 * the server, an account that is made for it and removed again.
 */
export async function withPerson<Result>(
  { url, signal, account, askCode }: PersonOptions,
  work: (person: Person) => Promise<Result>,
): Promise<Result> {
  const asked = askCode && ((login: Reply) => unlessAborted(signal, askCode(destinationOf(login))))
  if (account) return work({ ...account, codeOf: asked })
  if (await openInbox(createVisitor(url, { signal }), developmentAccount.email)) {
    return work({ ...developmentAccount, codeOf: undefined })
  }
  loadEnvironment()
  if (!hasOwnSecret()) throw new CommandFailure(nobody, exitCodes.usage)
  return withDesk((desk) =>
    withThrowaway(desk, ({ email, password, codeOf }) =>
      work({ email, password, codeOf: (login) => codeOf(String(login.members.sessionId)) }),
    ),
  )
}

const nobody =
  'This server has no dev inbox for us (production, or not on this machine), and there is no SESSION_SECRET here to make an account with. ' +
  "Run it in the server's directory, or name an account: --email nora@example.org --password-stdin --code-stdin."

function destinationOf({ members }: Reply): string {
  const { destination } = (members.otp ?? {}) as { destination?: string }
  return destination ?? 'the address of the account'
}

/** One browser, or one app, that has gone through both doors. */
export type Entered = { what: string; jar: CookieJar; visitor: Visitor }

/** @param what enters, in words */
export async function enter(
  url: string,
  person: Person,
  what: string,
  signal: AbortSignal,
): Promise<Entered> {
  const jar = createCookieJar(url)
  const visitor = createVisitor(url, { jar, signal })
  const { email, password } = person
  const inbox = await openInbox(visitor, email)
  const login = await visitor.request('POST', '/auth/login', { body: { email, password } })
  expect(login, `The login of ${what}`)
  const [lost] = jar.lost
  if (lost) throw new CommandFailure(`A browser does not keep the cookie ${lost[0]}: ${lost[1]}.`)
  if (login.members.next === 'token') return { what, jar, visitor }
  const otp = inbox ? await inbox.next() : await person.codeOf?.(login)
  if (otp === undefined) throw new CommandFailure(noCode, exitCodes.usage)
  expect(await visitor.request('POST', '/auth/verify-otp', { body: { otp } }), `The code of ${what}`)
  return { what, jar, visitor }
}

const noCode =
  'There is nobody to read the code of the login: it came into no dev inbox, and it is not in the store here. ' +
  "Run it in a terminal, or in the server's directory, or pipe the code in with --code-stdin."

export function expect({ status, members }: Reply, what: string): void {
  if (status === 200) return
  const { code, detail = '', fix = '' } = members
  if (typeof code !== 'string') {
    throw new CommandFailure(
      `${what}: the answer ${status} is none of Sallyport's. Name the address of a server.`,
    )
  }
  throw new CommandFailure(`${what} was refused (${code}): ${detail} ${fix}`.trim())
}
