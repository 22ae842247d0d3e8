import { isIP } from 'node:net'
import { accepted, type Parse, quote, refused } from './parsers.ts'

/**
 * Which proxies may name the caller's address: a number of hops, or the addresses of the proxies themselves.
 * Whatever amounts to "anybody" is refused, because then each caller chooses the address that limits count it under.
 */
export const trustProxy: Parse<number | string[]> = (text) => {
  if (/^\d+$/.test(text)) {
    return Number(text) <= 10 ? accepted(Number(text)) : refused(`${quote(text)} hops are too many`, howTo)
  }
  if (/^true$/i.test(text)) {
    return refused('"true" believes an address that any caller can write into X-Forwarded-For', howTo)
  }
  const networks = text.split(',').map((part) => part.trim())
  const strange = networks.find((network) => !isProxyNetwork(network))
  if (strange === undefined) return accepted(networks)
  return refused(`${quote(strange)} is neither a number of hops nor a network of proxies`, howTo)
}

const howTo =
  'Write how many proxies of yours stand in front (0 to 10), or their addresses: 10.0.0.0/8,192.168.1.7. None: 0.'

function isProxyNetwork(network: string): boolean {
  const [address = '', prefix, ...rest] = network.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || /%|^::ffff:/i.test(address)) return false
  if (prefix === undefined) return true
  // The largest private networks are 10.0.0.0/8 and fc00::/7: a wider one holds strangers.
  const [least, most] = version === 4 ? [8, 32] : [7, 128]
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= least && Number(prefix) <= most
}
