import { InvalidArgumentError } from 'commander'
import { isLoopbackOrigin } from '../config/origins.ts'

/** The address of a running server as a person types it: `localhost:5000`, `https://auth.example`, `http://localhost:3000/id`. */
export function toTargetUrl(text: string): string {
  const isBare = !/^[a-z]+:\/\//i.test(text)
  const url = URL.parse(isBare ? `https://${text}` : text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('Write the address of the server, such as http://localhost:5000.')
  }
  // Nobody has a certificate for this machine, and everybody else has one.
  if (isBare && isLoopbackOrigin(url.origin)) url.protocol = 'http:'
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** An exact origin, as browsers write it. */
export function toOrigin(text: string): string {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '')) return url.origin
  throw new InvalidArgumentError('Write scheme, host and port only: https://app.example.')
}
