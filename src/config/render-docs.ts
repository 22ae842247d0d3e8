import { codeBudget, guessChancePerYear } from '../utils/code-budget.ts'
import { entryGroups, entryList } from './entries.ts'
import type { Entry } from './entry.ts'
import { describeLocks, formatChance, greatestGuessChance } from './guess-budget.ts'

/** The text of docs/configuration.md. */
export function renderConfigurationDocs(): string {
  return [
    '<!-- Made from src/config/entries/ by scripts/write-docs-configuration.ts: change a table, then run the script. -->',
    '# Configuration',
    'Settings come from the environment or from `.env` in the working directory; the environment wins. An empty value is ' +
      'the same as none. All mistakes are reported together, each with its fix, and the server then exits with code 78.',
    ...settingsSections(),
    secretsSection(),
    durationsSection,
    productionSection,
    guessSection(),
  ]
    .join('\n\n')
    .concat('\n')
}

function settingsSections(): string[] {
  return Object.entries(entryGroups).map(([title, entries]) => `## ${title}\n\n${settingsTable(entries)}`)
}

function settingsTable(entries: Record<string, Entry<unknown>>): string {
  const rows = Object.entries(entries).map(
    ([name, entry]) =>
      `| \`${name}\` | ${entry.defaultWords ?? `\`${entry.default}\``} | ${entry.description} |`,
  )
  return ['| Name | Default | Meaning |', '|---|---|---|', ...rows].join('\n')
}

function secretsSection(): string {
  const names = entryList.flatMap(([name, { secret }]) => (secret ? [`\`${name}\``] : []))
  return `## Secrets from files

${names.join(', ')} may each come from a file that \`NAME_FILE\` names, for example
\`SESSION_SECRET_FILE=/run/secrets/session\`. One line break at its end is dropped. A file that can't be read, is empty or is not
UTF-8 text stops the start, and so do \`NAME\` and \`NAME_FILE\` together. No message repeats a secret.

To replace \`SESSION_SECRET\`, write \`NEW,OLD\` and restart every process; drop \`OLD\` no earlier than after \`SESSION_TTL\`.`
}

const durationsSection = `## Durations

A number and a unit: \`500ms\`, \`30s\`, \`10m\`, \`24h\`, \`30d\`. \`SESSION_IDLE_TTL\` and \`ACCESS_TOKEN_TTL\` can't be longer than
\`SESSION_TTL\`.`

const productionSection = `## What production refuses

Production does not start with any of these; development starts and says so in one line each.

- \`SESSION_SECRET\` is missing (development makes one up for the run).
- \`SESSION_SECRET\` or \`JWT_SECRET\` is shorter than 32 bytes, a well-known example value, or one pattern again and again.
- \`JWT_SECRET\` is also a \`SESSION_SECRET\`.
- A secret of \`CLIENTS\` is weak in one of these ways, or is also another secret.
- \`PUBLIC_URL\` is \`http:\` and not a loopback address.
- \`DATABASE_URL\` logs in as \`postgres\` with the password \`postgres\` on another machine.
- \`OTP_TTL\` is longer than 10m.

Production also refuses to start without \`SMTP_URL\`, and on \`memory:\` unless \`PUBLIC_URL\` is a loopback address. It warns about
a Redis on another machine without a password.`

function guessSection(): string {
  return `## The chance of guessing a code

${describeLocks(codeBudget({ otpAttempts: 5 }))} (with the default \`OTP_ATTEMPTS=5\`).
A success ends the lock level, but in a window of 365 days at most \`60 * OTP_ATTEMPTS\` wrong codes are compared, whatever succeeds
in between; then codes are refused until the window ends or an operator unlocks the account. Any 365 days touch at most two
windows, so without such an unlock the chance of guessing a code per account and year is at most \`2 * 60 * OTP_ATTEMPTS / 10^OTP_LENGTH\`. It is printed
at every start; more than ${formatChance(greatestGuessChance)} is refused in both modes.

${guessTable()}`
}

function guessTable(): string {
  const attempts = [3, 5, 8, 10, 20]
  const head = `| |${attempts.map((count) => ` ${count} tries |`).join('')}`
  const rows = [4, 5, 6, 7, 8].map((otpLength) => {
    const cells = attempts.map((otpAttempts) => guessCell(guessChancePerYear({ otpAttempts, otpLength })))
    return `| ${otpLength} digits | ${cells.join(' | ')} |`
  })
  return [head, `|---|${'---|'.repeat(attempts.length)}`, ...rows].join('\n')
}

function guessCell(chance: number): string {
  return chance > greatestGuessChance ? 'refused' : formatChance(chance)
}
