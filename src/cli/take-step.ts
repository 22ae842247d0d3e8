import { CommandFailure, exitCodes } from './failure.ts'
import type { Mask } from './mask.ts'
import type { Reply, Visitor } from './visitor.ts'

export type Step = {
  name: string
  method: 'GET' | 'POST'
  path: string
  body?: Record<string, unknown>
  bearer?: string
  headers?: Record<string, string>
  /** The status that it has to have. */
  wanted: number
  /** One sentence, once it holds. */
  means: string
}

/** Why a step failed: of the problem where the server sent one, else in our own words. */
export type StepProblem = { code: string; cause?: string; detail: string; fix: string }

/** What is told of a step. Holds no secret. */
export type StepReport = {
  step: string
  method: string
  path: string
  status: number | null
  ok: boolean
  sent: Record<string, unknown> | null
  answered: unknown
  cookies: string[]
  flowId: string | null
  means: string
  problem?: StepProblem
}

export type TakenStep = { report: StepReport; members: Record<string, unknown>; headers: Headers }

export async function takeStep(visitor: Visitor, mask: Mask, step: Step): Promise<TakenStep> {
  const { name, method, path, body, bearer, headers, means } = step
  mask.learn(bearer)
  const sent = sentMembers(mask, body, bearer)
  try {
    const reply = await visitor.request(method, path, {
      ...(body === undefined ? {} : { body }),
      ...(bearer === undefined ? {} : { bearer }),
      ...(headers === undefined ? {} : { headers }),
    })
    const problem = problemOf(reply, step, visitor)
    const answered = describe(reply, mask)
    const cookies = reply.setCookies.map(mask.cookie)
    const flowId = reply.headers.get('x-flow-id')
    const about = { step: name, method, path, status: reply.status, ok: !problem, sent, answered }
    const report = { ...about, cookies, flowId, means, ...(problem && { problem }) }
    return { report, members: reply.members, headers: reply.headers }
  } catch (reason) {
    if (!(reason instanceof CommandFailure) || reason.code !== exitCodes.unavailable) throw reason
    const about = { step: name, method, path, status: null, ok: false, sent, answered: null, cookies: [] }
    const [detail = '', ...rest] = reason.message.split(/(?<=\.) /)
    const problem = { code: 'unreachable', detail, fix: rest.join(' ') }
    return { report: { ...about, flowId: null, means, problem }, members: {}, headers: new Headers() }
  }
}

function sentMembers(
  mask: Mask,
  body: Record<string, unknown> | undefined,
  bearer: string | undefined,
): Record<string, unknown> | null {
  if (body === undefined && bearer === undefined) return null
  return { ...(bearer === undefined ? {} : { Authorization: 'Bearer •••' }), ...mask.body(body ?? {}) }
}

function describe({ text, members }: Reply, mask: Mask): unknown {
  const masked = mask.body(members)
  if (Object.keys(masked).length > 0) return JSON.parse(mask.text(JSON.stringify(masked)))
  return text === '' ? null : mask.text(text.slice(0, 200))
}

function problemOf(reply: Reply, step: Step, visitor: Visitor): StepProblem | undefined {
  const [lost] = visitor.lostCookies
  if (lost && reply.status === 200) {
    return {
      code: 'cookie_lost',
      cause: 'secure_on_http',
      detail: `A browser does not keep the cookie ${lost[0]}: ${lost[1]}.`,
      fix: 'Go to the https address of the server, its PUBLIC_URL.',
    }
  }
  const isJson = Object.keys(reply.members).length > 0
  if (reply.status === step.wanted && isJson) return undefined
  const { code, cause, detail, title, fix } = reply.members
  if (typeof code !== 'string') return strangeAnswer(reply)
  return {
    code,
    ...(typeof cause === 'string' && { cause }),
    detail: String(detail ?? title ?? ''),
    fix: String(fix ?? `See the page ${reply.members.type}.`),
  }
}

/** Not of Sallyport: a proxy, another program, a redirect to https. */
function strangeAnswer({ status, headers }: Reply): StepProblem {
  const location = headers.get('location')
  if (location !== null) {
    const detail = `It redirects to ${location}.`
    return { code: 'redirected', detail, fix: 'Name the address that it redirects to.' }
  }
  return {
    code: 'unexpected_answer',
    detail: `The answer ${status} is none of Sallyport's.`,
    fix: 'Name the address of a Sallyport server, and look at what stands in front of it.',
  }
}
