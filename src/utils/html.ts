/** Markup that is safe to show. Only the `html` template makes it, so a string from outside can never pass for it. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

/** A template whose every value is escaped, in text and in quoted attributes (ASVS 1.2.1); markup made here goes in as it is. */
export function html(literals: TemplateStringsArray, ...values: (string | number | Html | Html[])[]): Html {
  const parts = literals.map((literal, index) => literal + markup(values[index] ?? ''))
  return new Html(parts.join(''))
}

function markup(value: string | number | Html | Html[]): string {
  if (Array.isArray(value)) return value.join('')
  if (value instanceof Html) return value.toString()
  return String(value).replace(/[&<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`)
}
