/** What takes the place of a secret. */
const hidden = '•••'

const secretMembers = new Set([
  'password',
  'otp',
  'accessToken',
  'refreshToken',
  'currentPassword',
  'newPassword',
])

export type Mask = {
  /** Remembers a secret, whatever text it may come back in. */
  learn(secret: unknown): void
  text(text: string): string
  /** A body without its secrets; those that it brings are learnt. */
  body(members: Record<string, unknown>): Record<string, unknown>
  /** `sallyport.sid=•••; Path=/; HttpOnly` */
  cookie(line: string): string
}

export function createMask(): Mask {
  const secrets = new Set<string>()

  function learn(secret: unknown): void {
    // Where a short word is blotted out of a sentence, everybody sees which word it was.
    if (typeof secret === 'string' && secret.length > 5 && /[^a-z]/i.test(secret)) secrets.add(secret)
  }

  function text(given: string): string {
    // The longest first: one may be a part of another.
    const all = [...secrets].toSorted((a, b) => b.length - a.length)
    return all.reduce((rest, secret) => rest.replaceAll(secret, hidden), given)
  }

  function body(members: Record<string, unknown>): Record<string, unknown> {
    for (const [name, value] of Object.entries(members)) if (secretMembers.has(name)) learn(value)
    return Object.fromEntries(
      Object.entries(members).map(([name, value]) => [
        name,
        secretMembers.has(name) && typeof value === 'string' ? hidden : value,
      ]),
    )
  }

  function cookie(line: string): string {
    const value = /^[^=;]*=([^;]*)/.exec(line)?.[1]
    learn(value)
    return line.replace(/^([^=;]*=)[^;]+/, `$1${hidden}`)
  }

  return { learn, text, body, cookie }
}
