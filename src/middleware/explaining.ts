import type { KeyRing } from '../tokens/signing-keys.ts'
import type { Recollection } from './recollection.ts'

/** What refusals are explained with. Nothing of it is looked at before one is written. */
export type Explaining = {
  routes: readonly RouteSketch[]
  keys: Pick<KeyRing, 'signer' | 'verifier'>
  audience: string
  accessTokenTtlMs: number
  /** Only in development. */
  recollection: Recollection | undefined
  /** The flow inspector is served under /_dev. */
  hasInspector: boolean
}

/** A row of a route table, as far as it can be told. */
export type RouteSketch = {
  method: string
  path: string
  reads: 'nothing' | 'session' | 'token' | 'session or token' | 'client'
}
