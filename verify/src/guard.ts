import type { VerifyOptions } from './options.ts'
import { createVerifier, type Verifier } from './verifier.ts'

/** The options of a token, or a verifier that you made and close yourself. */
export type GuardOptions = VerifyOptions | { verifier: Verifier }

/** @throws TypeError when an option is wrong */
export function verifierOf(options: GuardOptions): Verifier {
  if (!('verifier' in options)) return createVerifier(options)
  const { verifier, ...others } = options
  const [stray] = Object.keys(others)
  if (stray === undefined) return verifier
  throw new TypeError(
    `@sallyport/verify: ${stray} belongs into createVerifier(), where the verifier was made`,
  )
}

const verifiers = new WeakMap<object, Verifier>()

/** The same verifier for the same options object, for functions that are called with it again and again. */
export function rememberedVerifier(options: GuardOptions): Verifier {
  const known = verifiers.get(options)
  if (known) return known
  const made = verifierOf(options)
  verifiers.set(options, made)
  return made
}
