import type { IncomingMessage } from 'node:http'
import proxyAddr from 'proxy-addr'
import type { Visit } from '../flow/gate.ts'
import { deviceName } from '../utils/device-name.ts'
import { createFlowId, readFlowId } from '../utils/flow-id.ts'
import { canonicalAddress } from '../utils/network-address.ts'

export type ProxyTrust = (address: string, hop: number) => boolean

/** @param trust hops that may add to X-Forwarded-For, or the networks of those that may; `true` does not exist (A-IP-04) */
export function createProxyTrust(trust: number | string[]): ProxyTrust {
  return typeof trust === 'number' ? (_, hop) => hop < trust : proxyAddr.compile(trust)
}

/** Who is calling: the flow, the address as far as it can be believed, the kind of client. Read only where a step asks. */
export function openVisit(req: IncomingMessage, trust: ProxyTrust): Visit {
  let flowId: string | undefined
  let address: string | undefined
  let device: string | undefined
  return {
    get flowId() {
      flowId ??= readFlowId(single(req.headers['x-flow-id'])) ?? createFlowId()
      return flowId
    },
    set flowId(known: string) {
      flowId = known
    },
    get address() {
      address ??= clientAddress(req, trust)
      return address
    },
    get device() {
      device ??= deviceName(req.headers['user-agent'])
      return device
    },
  }
}

/** The right-most address that no trusted proxy added (A-IP-02). What is not an address ends the walk before it. */
export function clientAddress(req: IncomingMessage, trust: ProxyTrust): string {
  const own = canonicalAddress(req.socket.remoteAddress ?? '') ?? 'unknown'
  if (req.headers['x-forwarded-for'] === undefined) return own
  const hops = proxyAddr.all(
    req,
    (address, hop) => canonicalAddress(address) !== undefined && trust(address, hop),
  )
  for (const hop of hops.reverse()) {
    const address = canonicalAddress(hop)
    if (address) return address
  }
  return own
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
