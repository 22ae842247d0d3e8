import { parseEnv } from 'node:util'
import { formatDuration } from '../utils/duration.ts'
import { effects } from './effects.ts'
import { entryList, type Values } from './entries.ts'
import { type Environment, readText } from './read-text.ts'
import { judgeSettings, type Mode, type SettingNotice, type Settings } from './settings.ts'

export type EffectiveSetting = {
  name: string
  /** As one would write it; a secret is `set`. `null` where it is unset and has no default. */
  value: string | null
  source: 'default' | '.env' | 'environment' | 'file'
  isSecret: boolean
  description: string
  effect: string
  mistakes: SettingNotice[]
}

export type EffectiveSettings = {
  mode: Mode
  settings: EffectiveSetting[]
  mistakes: SettingNotice[]
  warnings: SettingNotice[]
  /** What production would refuse; empty where it would start. */
  productionRefuses: SettingNotice[]
}

/**
 * Every setting with its value, where that comes from and what it means. No secret is in it.
 *
 * @param env without what the .env brings
 * @param dotEnv the text of the .env, if there is one
 */
export function effectiveSettings(env: Environment, dotEnv: string, mode: Mode): EffectiveSettings {
  const fromFile: Environment = parseEnv(dotEnv)
  const both = { ...fromFile, ...env }
  const { settings, mistakes, warnings } = judgeSettings(both, mode)
  const production = judgeSettings({ ...both, NODE_ENV: 'production' }, 'production')
  return {
    mode: settings.mode,
    settings: entryList.map(([name, entry]) => {
      const isSecret = entry.secret === true
      const own = mistakes.filter((mistake) => mistake.name.replace(/_FILE$/, '') === name)
      const { text } = readText(both, name, isSecret)
      return {
        name,
        value:
          own.length > 0 && isSecret ? null : effectiveValue(name as keyof Values, text, settings, isSecret),
        source: sourceOf(name, isSecret, env, both),
        isSecret,
        description: entry.description,
        effect: effects[name as keyof Values](settings),
        mistakes: own,
      }
    }),
    mistakes,
    warnings,
    productionRefuses: production.mistakes,
  }
}

function effectiveValue(
  name: keyof Values,
  text: string | undefined,
  settings: Settings,
  isSecret: boolean,
): string | null {
  if (isSecret) return text === undefined ? null : 'set'
  const computed = computedValues[name]?.(settings)
  if (computed !== undefined) return computed === '' ? null : computed
  return text ?? entryList.find(([each]) => each === name)?.[1].default ?? null
}

/** Of settings whose default depends on others, and of those that could hold more than their value if they are wrong. */
const computedValues: Partial<Record<keyof Values, (settings: Settings) => string>> = {
  NODE_ENV: ({ mode }) => mode,
  HOST: ({ host }) => host,
  PUBLIC_URL: ({ publicUrl }) => publicUrl,
  CORS_ORIGINS: ({ corsOrigins }) => corsOrigins.join(','),
  MAIL_FROM: ({ mailFrom }) => mailFrom,
  TOKEN_AUDIENCE: ({ tokenAudience }) => tokenAudience,
  ACCESS_TOKEN_TTL: ({ accessTokenTtlMs }) => formatDuration(accessTokenTtlMs),
  SESSION_IDLE_TTL: ({ sessionIdleTtlMs }) => formatDuration(sessionIdleTtlMs),
}

/** As the .env is loaded: a name that the environment has, even empty, is not taken from it. */
function sourceOf(
  name: string,
  isSecret: boolean,
  env: Environment,
  both: Environment,
): EffectiveSetting['source'] {
  if (isGiven(env[name])) return 'environment'
  if (isGiven(both[name])) return '.env'
  return isSecret && isGiven(both[`${name}_FILE`]) ? 'file' : 'default'
}

function isGiven(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== ''
}
