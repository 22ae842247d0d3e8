import type { IncomingMessage } from 'node:http'
import proxyAddr from 'proxy-addr'
import type { BrowserMarks, Visit } from '../flow/gate.ts'
import { deviceName } from '../utils/device-name.ts'
import { createFlowId, readFlowId } from '../utils/flow-id.ts'
import { canonicalAddress } from '../utils/network-address.ts'
import type { Web } from './exchange.ts'

export type ProxyTrust = (address: string, hop: number) => boolean

/** @param trust hops that may add to X-Forwarded-For, or the networks of those that may; `true` does not exist (A-IP-04) */
export function createProxyTrust(trust: number | string[]): ProxyTrust {
  return typeof trust === 'number' ? (_, hop) => hop < trust : proxyAddr.compile(trust)
}

type VisitSource = Pick<Web, 'isTrustedProxy' | 'browserCookies' | 'surroundings'>

/** Who is calling: the flow, the address as far as it can be believed, the kind of client. Worked out only where it is asked for. */
export function openVisit(
  req: IncomingMessage,
  { isTrustedProxy: trust, browserCookies, surroundings }: VisitSource,
): Visit {
  // Asked at once: a connection that breaks has no address any more.
  const peer = req.socket.remoteAddress
  let flowId: string | undefined
  let address: string | undefined
  let device: string | undefined
  let browser: BrowserMarks | undefined
  return {
    get flowId() {
      flowId ??= readFlowId(single(req.headers['x-flow-id'])) ?? createFlowId()
      return flowId
    },
    set flowId(known: string) {
      flowId = known
    },
    get address() {
      if (address === undefined) {
        const forwardedFor = single(req.headers['x-forwarded-for'])
        const own = canonicalAddress(peer ?? '')
        if (own !== undefined) surroundings.see(own, forwardedFor !== undefined)
        address = clientAddress(own, forwardedFor, trust)
      }
      return address
    },
    get device() {
      device ??= deviceName(req.headers['user-agent'])
      return device
    },
    get language() {
      return firstLanguage(req.headers['accept-language'])
    },
    get browser() {
      browser ??= browserCookies.read(req)
      return browser
    },
  }
}

/** The language that a browser names first is the one that it likes best (RFC 9110 12.5.4); weights are not weighed. */
function firstLanguage(header: string | undefined): string | undefined {
  return /^\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2})(?=[\s,;]|$)/.exec(header ?? '')?.[1]
}

/** The right-most address that no trusted proxy added (A-IP-02). What is not an address ends the walk before it. */
function clientAddress(own: string | undefined, forwardedFor: string | undefined, trust: ProxyTrust): string {
  if (own === undefined) return 'unknown'
  let client = own
  const claimed = forwardedFor === undefined ? [] : forwardedFor.split(',').reverse()
  for (const [hop, text] of claimed.entries()) {
    const address = canonicalAddress(text)
    if (!trust(client, hop) || address === undefined) return client
    client = address
  }
  return client
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}
