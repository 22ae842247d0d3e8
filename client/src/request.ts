import type { Access } from './access.ts'
import { isSessionOver, type SallyportError } from './error.ts'
import { around } from './surroundings.ts'
import type { Fetch, Reply, Transport } from './transport.ts'

/**
 * `fetch` with the access token. Sends again once when the token was refused; a second refusal is the API's answer.
 *
 * @param origins that may see the token, beside the page's own and Sallyport's
 * @param isIn whether somebody is signed in; asks the server if that isn't known yet
 */
export function createRequest(
  { fetch, base }: Transport,
  access: Access,
  origins: string[],
  isIn: () => Promise<boolean>,
): Fetch {
  return async (input, init) => {
    const page = around().location
    const asked = typeof input === 'object' && 'url' in input ? input : undefined
    const url = new URL(asked ? asked.url : (input as string | URL), page?.href ?? base())
    const headers = new Headers(init?.headers ?? asked?.headers)
    const send = (bearer?: string) => {
      if (bearer) headers.set('authorization', `Bearer ${bearer}`)
      return fetch(asked ?? url.href, { ...init, headers })
    }
    const mayKnow = [base().origin, page?.origin, ...origins].includes(url.origin)
    if (!mayKnow || headers.has('authorization')) return send()

    const token = (await isIn()) ? await access.get(30).catch(orNothing) : undefined
    const reply = await send(token)
    const isStream = asked?.body || Symbol.asyncIterator in Object(init?.body)
    if (!token || isStream || init?.signal?.aborted || !(await isRefusedToken(reply))) return reply
    const other = await access.insteadOf(token).catch(() => undefined)
    if (!other) return reply
    reply.body?.cancel().catch(() => {})
    const flowId = reply.headers.get('x-flow-id')
    // Another origin would have to allow the header in its preflight.
    if (flowId && page?.origin === url.origin) headers.set('x-flow-id', flowId)
    return send(other)
  }
}

/** Nobody being signed in is no reason to send no request: the API may be open to all. */
function orNothing(error: SallyportError): undefined {
  if (!isSessionOver(error)) throw error
}

/** 401 for any reason that a new token could cure; also what says 403 where the token is missing (contract.md 4). */
async function isRefusedToken(reply: Response): Promise<boolean> {
  const { status } = reply
  if (status !== 401 && status !== 403) return false
  // Other APIs have codes of their own, about which nothing is known here.
  const isProblem = /^application\/problem\+json/.test(reply.headers.get('content-type') ?? '')
  const { code }: Reply =
    (isProblem &&
      (await reply
        .clone()
        .json()
        .catch(() => undefined))) ||
    {}
  return (!code && status === 401) || /^(token_|bearer_)/.test(code)
}
