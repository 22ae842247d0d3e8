import type { ChallengePurpose } from '../stores/challenges.ts'
import type { EndReason } from '../stores/session-record.ts'

type Detail =
  | { type: 'login.accepted'; detail: { trustedDevice?: string } }
  | {
      type: 'login.refused'
      detail: {
        why: 'unknown_address' | 'wrong_password' | 'disabled' | 'locked' | 'too_many_codes' | 'slowed_down'
      }
    }
  | { type: 'registration.asked'; detail: { isTaken: boolean } }
  | {
      type: 'reset.asked' | 'email_change.asked' | 'step_up.asked' | 'password.refused'
      detail: Record<string, never>
    }
  | { type: 'password.changed'; detail: { by: 'change' | 'reset' | 'registration' } }
  | { type: 'password.breach_check_failed'; detail: { error: string } }
  | { type: 'email.changed' | 'email.change_undone'; detail: Record<string, never> }
  | { type: 'device.trusted' | 'device.renamed' | 'device.ended'; detail: { deviceId: string } }
  | { type: 'code.resent'; detail: Record<string, never> }
  | { type: 'code.accepted'; detail: { for: ChallengePurpose; newSession?: string } }
  | {
      type: 'code.refused'
      detail: { why: 'wrong' | 'expired' | 'exhausted' | 'consumed' | 'locked'; attemptsLeft?: number }
    }
  | { type: 'code.locked'; detail: { until: string } }
  | { type: 'token.issued'; detail: { jti: string } }
  | { type: 'refresh.granted'; detail: { generation: number } }
  | { type: 'refresh.rotated'; detail: { generation: number } }
  | { type: 'refresh.repeated'; detail: { generation: number } }
  | { type: 'refresh.reused'; detail: { generation: number; live: number } }
  /** `client`: the service that revoked a token of it */
  | { type: 'session.ended'; detail: { because: EndReason; client?: string } }
  | { type: 'account.created'; detail: { by: 'command' | 'development' | 'registration' | 'import' } }
  | { type: 'account.invited'; detail: { until: string } }
  | { type: 'account.claims_changed'; detail: { names: string } }
  /** Written with the key itself, by whichever process made it. */
  | { type: 'key.rotated' | 'key.revoked'; detail: { kid: string } }
  | {
      type: 'account.disabled' | 'account.enabled' | 'account.unlocked' | 'account.deleted'
      detail: Record<string, never>
    }

/** Who caused it, from where; what is known of it. */
export type EventContext = {
  /** ms */
  at: number
  flowId?: string | undefined
  accountId?: string | null | undefined
  sessionId?: string | undefined
  device?: string | undefined
  address?: string | undefined
}

/** Every decision, once. Listeners make of it the log, and whatever else comes; the audit trail holds the same entry. */
export type GateEvent = EventContext & Detail

export type EventListener = (event: GateEvent) => void

export type Events = { on(listener: EventListener): void; emit(event: GateEvent): void }

export function createEvents(onFault: (reason: unknown) => void): Events {
  const listeners: EventListener[] = []
  return {
    on: (listener) => void listeners.push(listener),
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (reason) {
          // What happened has happened: a listener that fails can't undo it for the caller.
          onFault(reason)
        }
      }
    },
  }
}
