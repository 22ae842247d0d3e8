import { formatChance } from './config/guess-budget.ts'
import type { SettingNotice, Settings } from './config/settings.ts'
import { guessChancePerYear } from './utils/code-budget.ts'
import { version } from './version.ts'

export type Start = {
  settings: Settings
  warnings: SettingNotice[]
  account: { email: string; password: string } | undefined
  wroteEnv: boolean
  hasInspector: boolean
  readyInMs: number
}

/** What the operator reads first: where things are, what is wrong and how to mend it. Never a secret. */
export function printBanner(start: Start): void {
  if (start.settings.mode === 'development') for (const line of developmentBanner(start)) console.log(line)
  else for (const entry of productionLines(start)) console.log(JSON.stringify(entry))
}

function developmentBanner({
  settings,
  warnings,
  account,
  wroteEnv,
  hasInspector,
  readyInMs,
}: Start): string[] {
  const { publicUrl } = settings
  const row = (name: string, value: string, hint = '') =>
    `${name.padEnd(11)} ${value.padEnd(40)} ${hint}`.trimEnd()
  const rows = [
    row('Server', publicUrl),
    ...(account
      ? [
          row(
            'Log in',
            `POST ${publicUrl}/auth/login`,
            `${account.email} / ${account.password}   (development only)`,
          ),
        ]
      : []),
    ...(hasInspector ? toolRows(settings, row) : []),
    row('Store', describeStore(settings)),
  ]
  return [
    `Sallyport ${version}  development${`ready in ${(readyInMs / 1_000).toFixed(2)} s`.padStart(50)}`,
    ...rows.map((text, index) => `${index === rows.length - 1 ? '└─' : '├─'} ${text}`),
    ...(wroteEnv ? ['Wrote .env with fresh secrets.'] : []),
    `Guessing a code: at most ${chanceOf(settings)} per account and year with these settings.`,
    'Try it: npm run demo   walks login, code, token and protected route, and explains each answer',
    ...warnings.map(({ name, wrong, fix }) => `! ${name}: ${wrong}   fix: ${fix}`),
  ]
}

/** The key is in the fragment, which no request and no log ever holds. */
function toolRows(
  { publicUrl, devToolsKey }: Settings,
  row: (name: string, value: string, hint: string) => string,
): string[] {
  const key = devToolsKey === undefined ? '' : `#key=${devToolsKey}`
  return [
    row('Inspector', `${publicUrl}/_dev${key}`, 'each attempt, and why it was refused'),
    row('Inbox', `${publicUrl}/_dev/inbox${key}`, 'codes also appear here in the terminal'),
  ]
}

function productionLines({ settings, warnings, readyInMs }: Start) {
  const time = new Date().toISOString()
  const ready = {
    event: 'server.ready',
    version,
    url: settings.publicUrl,
    port: settings.port,
    store: settings.database.kind,
    guessChancePerYear: chanceOf(settings),
    readyInMs: Math.round(readyInMs),
  }
  return [
    ...warnings.map((warning) => ({ level: 'warn', time, event: 'setting.warning', ...warning })),
    { level: 'info', time, ...ready },
  ]
}

function chanceOf(settings: Settings): string {
  return formatChance(guessChancePerYear({ ...settings, secrets: settings.sessionSecrets.length }))
}

function describeStore({ database, redisUrl }: Settings): string {
  const redis = redisUrl === undefined ? '' : ' + Redis'
  switch (database.kind) {
    case 'embedded':
      return `embedded, ${database.directory}${redis}`
    case 'memory':
      return `memory, forgotten at the end${redis}`
    case 'postgres':
      return `Postgres at ${new URL(database.url).host}${redis}`
  }
}
