import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopbackOrigin } from '../../config/origins.ts'
import type { Settings } from '../../config/settings.ts'
import { canonicalAddress } from '../../utils/network-address.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'

/** Of the documentation network (RFC 5737): nobody comes from there. Sent as X-Forwarded-For. */
export const claimedAddress = '198.51.100.77'

/**
 * Whether the server sees who is calling, and believes only its own proxies.
 *
 * @param seen the address of our own session, as its list says
 */
export function checkAddress(url: string, seen: string, { trustProxy, port }: Settings): Finding {
  const isLocalUrl = isLoopbackOrigin(new URL(url).origin)
  if (seen === claimedAddress) return believed(isLocalUrl)
  if (canonicalAddress(seen) === undefined) return unknown('proxy', `the server gives no address (${seen})`)
  const isOwn = ownAddresses().has(seen)
  if (isLocalUrl) {
    const isDirect = Number(new URL(url).port || (url.startsWith('https:') ? 443 : 80)) === port
    if (isDirect)
      return ok('proxy', `none in between: the server sees ${seen}, and believes no X-Forwarded-For of ours`)
    return unknown('proxy', `the server sees ${seen}: from this machine a proxy cannot be told from us`)
  }
  if (isOwn && !isLoopback(seen)) return ok('proxy', `the server sees this machine as ${seen}`)
  if (!isPrivate.check(seen, isIP(seen) === 6 ? 'ipv6' : 'ipv4')) {
    return unknown(
      'proxy',
      `the server sees us as ${seen}: right if that is the public address of this network`,
    )
  }
  return proxySeen(seen, trustProxy)
}

function believed(isLocalUrl: boolean): Finding {
  const fix = 'Set TRUST_PROXY to the number of proxies in front, or to their addresses.'
  if (isLocalUrl) {
    const says = 'the server believes the X-Forwarded-For of whoever reaches its port directly'
    return warn(
      'proxy',
      says,
      `Let nobody but the proxy reach the port (HOST=127.0.0.1, a firewall). Without a proxy: TRUST_PROXY=0.`,
    )
  }
  const says =
    'the server believes an X-Forwarded-For that we made up: each caller chooses the address that limits count'
  return fail('proxy', says, fix)
}

function proxySeen(seen: string, trustProxy: Settings['trustProxy']): Finding {
  const says = `the server sees ${seen}, probably a proxy: all clients share that address, and its limits`
  return trustProxy === 0
    ? fail(
        'proxy',
        says,
        'Set TRUST_PROXY=1, or to the number of proxies in front; they have to send X-Forwarded-For.',
      )
    : warn(
        'proxy',
        says,
        'Raise TRUST_PROXY to the number of proxies in front, and let each add to X-Forwarded-For.',
      )
}

function ownAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return new Set(all.flatMap(({ address }) => canonicalAddress(address) ?? []))
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

const isPrivate = new BlockList()
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const) {
  isPrivate.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  isPrivate.addSubnet(network, prefix, 'ipv6')
}
