import type { IncomingMessage } from 'node:http'
import type { Events } from '../flow/events.ts'
import type { Gate } from '../flow/gate.ts'
import { hashSecret } from '../utils/secret.ts'
import type { Web } from './exchange.ts'
import { hostOf } from './facts-of-request.ts'
import type { Recollection } from './recollection.ts'
import type { SessionGate } from './session.ts'
import { openVisit } from './visit.ts'

/** Development: notes every session cookie that leaves. Production has the gate as it is, so there it costs nothing. */
export function recollectCookies(
  recollection: Recollection,
  sessions: SessionGate,
  web: Pick<Web, 'isTrustedProxy' | 'browserCookies' | 'surroundings'> & { gate: Pick<Gate, 'clock'> },
): SessionGate {
  return {
    ...sessions,
    async open(req, res) {
      const { address, device } = clientOf(req, web)
      const opened = await sessions.open(req, res)
      return {
        ...opened,
        adopt(secret, state) {
          opened.adopt(secret, state)
          if (state.stage !== 'otp_pending' && state.stage !== 'verified') return
          recollection.note({
            kind: 'cookie',
            at: web.gate.clock.now(),
            address,
            device,
            host: hostOf(req) ?? '',
            secretHash: hashSecret(secret),
            accountId: state.accountId,
            challengeId: state.stage === 'otp_pending' ? state.challengeId : undefined,
          })
        },
      }
    },
  }
}

/** Development: notes which client exchanged a refresh token. */
export function recollectRefreshes(recollection: Recollection, events: Events): void {
  events.on(({ type, at, address = '', device = '', sessionId = '' }) => {
    const isReuse = type === 'refresh.reused'
    if (!isReuse && type !== 'refresh.granted' && type !== 'refresh.rotated') return
    recollection.note({ kind: 'refresh', at, address, device, sessionId, isReuse })
  })
}

function clientOf(
  req: IncomingMessage,
  web: Pick<Web, 'isTrustedProxy' | 'browserCookies' | 'surroundings'>,
) {
  const { address, device } = openVisit(req, web)
  return { address, device }
}
