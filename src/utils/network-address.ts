import { isIP, SocketAddress } from 'node:net'

/**
 * The one canonicaliser for client addresses (security.md D11): no zone, no brackets, no port; IPv4 in IPv6 as IPv4; IPv6 in its
 * shortest spelling. `undefined` for anything that is not an address.
 */
export function canonicalAddress(text: string): string | undefined {
  const bare = withoutPort(text.trim()).replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return undefined
  if (family === 4) return bare
  const address = new SocketAddress({ address: bare, family: 'ipv6' }).address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped ? mapped[1] : address
}

/** What limits count by: the address, or the /64 network of an IPv6 one, since a home has all of it. */
export function limitKeyOf(address: string): string {
  return isIP(address) === 6 ? prefixOf(address, 4) : address
}

/** The wider network of an address, which one hoster or provider gives out: /24, or /48 of IPv6. */
export function wideLimitKeyOf(address: string): string {
  if (isIP(address) === 6) return prefixOf(address, 3)
  return isIP(address) === 4 ? `${address.split('.').slice(0, 3).join('.')}.0/24` : address
}

function prefixOf(address: string, groupCount: 3 | 4): string {
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const full = [...groups, ...Array<string>(missing).fill('0'), ...(tail ? tail.split(':') : [])]
  return `${full.slice(0, groupCount).join(':')}::/${groupCount * 16}`
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text)
  if (bracketed) return bracketed[1] ?? ''
  return /^[\d.]+:\d+$/.test(text) ? (text.split(':')[0] ?? '') : text
}
