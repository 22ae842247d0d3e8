/** An account as its source tells of it, before any of it is believed. */
export type SourceAccount = {
  email: string
  /** In its stored form. */
  passwordHash?: string | undefined
  /** In the clear. */
  password?: string | undefined
  /** Of ours, from `user export`. */
  id?: string | undefined
  /** What the source calls the account. */
  sourceId?: string | undefined
  createdAt?: number | undefined
  disabledAt?: number | undefined
  /** Its own, in access tokens. */
  claims?: Record<string, unknown> | undefined
}

/** Why a row is no account, in words for its owner. They never hold what the row holds: a hash may stand in any column. */
export class RefusedRow extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'RefusedRow'
  }
}
