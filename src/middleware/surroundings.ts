import { BlockList } from 'node:net'

/** Something about where this server runs that no single request shows, and that makes limits or lifetimes wrong. */
export type SurroundingNotice = {
  name: 'forwarded_by_untrusted_peer' | 'one_private_client' | 'clock_apart'
  text: string
}

export type Surroundings = {
  /** A connection whose client's address was asked for. */
  see(peer: string, isForwarded: boolean): void
  /** How far the store's clock is ahead of ours, in ms; `undefined` when it has none of its own. */
  compareClocks(aheadMs: number | undefined): void
  notices(): SurroundingNotice[]
}

/** So many requests without a second address are no chance. */
const enoughRequests = 100
const greatestDriftMs = 30_000

/**
 * Notices what operators get wrong and users suffer from: a proxy that is not trusted, so that one limit is shared by all, and
 * servers whose clocks differ. Each is told once, and shown by /readyz and `doctor` for as long as it holds.
 */
export function createSurroundings(options: {
  isTrusted: (address: string, hop: number) => boolean
  tell: (text: string) => void
}): Surroundings {
  const known = new Map<SurroundingNotice['name'], string>()
  let firstPeer: string | undefined
  let requests = 0

  function notice(name: SurroundingNotice['name'], text: string): void {
    if (known.has(name)) return
    known.set(name, text)
    options.tell(text)
  }

  return {
    see(peer, isForwarded) {
      if (known.has('forwarded_by_untrusted_peer') || options.isTrusted(peer, 0)) return
      if (isForwarded && isPrivate(peer)) notice('forwarded_by_untrusted_peer', untrustedProxy(peer))
      firstPeer ??= peer
      // A second address ends the counting for good.
      requests = peer === firstPeer ? requests + 1 : Number.NaN
      if (requests >= enoughRequests && isPrivate(peer) && !isLoopback(peer))
        notice('one_private_client', onePeer(peer))
    },
    compareClocks(aheadMs) {
      if (aheadMs === undefined || Math.abs(aheadMs) <= greatestDriftMs) known.delete('clock_apart')
      else notice('clock_apart', clockApart(aheadMs))
    },
    notices: () => [...known].map(([name, text]) => ({ name, text })),
  }
}

function untrustedProxy(peer: string): string {
  return (
    `${peer} sends X-Forwarded-For and TRUST_PROXY does not trust it: if it is your proxy, all its clients share one ` +
    'address and so one limit. Set TRUST_PROXY=1, or its network.'
  )
}

function onePeer(peer: string): string {
  return (
    `All requests so far came from ${peer}: probably a proxy or a container's bridge, and then all clients share one limit. ` +
    'Let it send X-Forwarded-For, and set TRUST_PROXY=1, or its network.'
  )
}

function clockApart(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  const side = aheadMs > 0 ? 'behind' : 'ahead of'
  return `This server's clock is ${seconds} s ${side} the store's: codes and tokens of several servers disagree. Set both by NTP.`
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const privateNetworks = new BlockList()
privateNetworks.addSubnet('10.0.0.0', 8, 'ipv4')
privateNetworks.addSubnet('172.16.0.0', 12, 'ipv4')
privateNetworks.addSubnet('192.168.0.0', 16, 'ipv4')
privateNetworks.addSubnet('fc00::', 7, 'ipv6')
privateNetworks.addSubnet('fe80::', 10, 'ipv6')

function isLoopback(address: string): boolean {
  return loopback.check(address, familyOf(address))
}

/** Where a proxy of one's own would be; what a stranger in the internet sends says nothing about our settings. */
function isPrivate(address: string): boolean {
  return isLoopback(address) || privateNetworks.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
