import type { SettingNotice } from '../../config/settings.ts'

/** One line of the doctor. Holds no secret. */
export type Finding = {
  check: string
  /** `unknown`: it can't be told from here. */
  state: 'ok' | 'warn' | 'fail' | 'unknown'
  says: string
  fix?: string
}

export function ok(check: string, says: string): Finding {
  return { check, state: 'ok', says }
}

export function warn(check: string, says: string, fix: string): Finding {
  return { check, state: 'warn', says, fix }
}

export function fail(check: string, says: string, fix: string): Finding {
  return { check, state: 'fail', says, fix }
}

export function unknown(check: string, says: string): Finding {
  return { check, state: 'unknown', says }
}

export function ofNotice(
  check: string,
  state: 'warn' | 'fail',
  { name, wrong, fix }: SettingNotice,
): Finding {
  return { check, state, says: `${name}: ${wrong}`, fix }
}

/** A message of ours ends with its fix: what comes after the first sentence. */
export function ofMessage(check: string, message: string): Finding {
  const [says = '', ...fix] = message.split(/(?<=\.) (?=[A-Z])/)
  return fail(check, says, fix.join(' ') || 'See the message.')
}
