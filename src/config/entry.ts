import type { Parse } from './parsers.ts'

/** One setting. Reading it, docs/configuration.md and .env.example are all made from this, so they can't drift apart. */
export type Entry<Value> = {
  /** What an unset setting means, as one would write it. */
  default?: string
  /** The same in words, where it depends on something else. */
  defaultWords?: string
  /** What .env.example shows where there is no default to show. */
  example?: string
  /** A secret may come from the file that NAME_FILE names, and no message repeats any part of it. */
  secret?: true
  description: string
  parse: Parse<Value>
}
