import { CommandFailure, exitCodes } from '../failure.ts'
import type { Reply, Visitor } from '../visitor.ts'
import { checkClock } from './check-clock.ts'
import { type Finding, fail, ofMessage, ok, unknown, warn } from './finding.ts'

/** Whether a server is there, is ours, and is ready. */
export async function checkServer(
  visitor: Visitor,
  url: string,
): Promise<{ findings: Finding[]; isUp: boolean }> {
  try {
    const health = await visitor.request('GET', '/healthz')
    if (health.status !== 200 || health.members.status !== 'ok')
      return { findings: [strange(url, health)], isUp: false }
    const ready = await visitor.request('GET', '/readyz')
    return { findings: [readiness(url, ready), ...surroundings(ready), clockOf(health)], isUp: true }
  } catch (reason) {
    if (!(reason instanceof CommandFailure) || reason.code !== exitCodes.unavailable) throw reason
    return { findings: [ofMessage('server', reason.message)], isUp: false }
  }
}

function strange(url: string, { status, headers }: Reply): Finding {
  const location = headers.get('location')
  return location === null
    ? fail(
        'server',
        `${url}/healthz answers ${status}: that is no Sallyport`,
        'Name the address of the server itself.',
      )
    : fail(
        'server',
        `${url} redirects to ${location}`,
        'Name that address: browsers lose the body of a POST on the way.',
      )
}

function readiness(url: string, { status, members }: Reply): Finding {
  if (status === 200) return ok('server', `${url} answers and is ready`)
  const failing = Array.isArray(members.failing) ? members.failing.join(', ') : `it answers ${status}`
  return fail(
    'server',
    `${url} answers and is not ready: ${failing}`,
    'Bring back what it names; it goes on by itself.',
  )
}

const surroundingFixes: Record<string, [wrong: string, fix: string]> = {
  forwarded_by_untrusted_peer: [
    'a peer in a private network sends X-Forwarded-For and is not trusted: its clients share one address, and one limit',
    'If it is your proxy, set TRUST_PROXY=1, or its network.',
  ],
  one_private_client: [
    'all requests come from one private address: probably a proxy, whose clients share one limit',
    'Let it send X-Forwarded-For, and set TRUST_PROXY=1, or its network.',
  ],
  clock_apart: [
    "its clock is more than 30 s from the store's",
    'Set both by NTP (timedatectl set-ntp true).',
  ],
}

/** What the server itself has noticed around it. */
function surroundings({ members }: Reply): Finding[] {
  const names = Array.isArray(members.notices) ? members.notices.map(String) : []
  return names.map((name) => {
    const [wrong, fix] = surroundingFixes[name] ?? [name, 'Look into the log of the server for its words.']
    return warn('surroundings', wrong, fix)
  })
}

function clockOf({ headers, atMs }: Reply): Finding {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return unknown('clock', 'the answers carry no Date')
  // The header is cut to the second.
  return checkClock('clock', 'the server', date + 500, atMs)
}
