/** What a reader of `GET /auth/revocations` does, with a JOSE library and keys over HTTP. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { compactVerify, createLocalJWKSet } from 'jose'
import type { Client, Response } from './http-client.ts'

export type Statement = {
  iss: string
  aud: string
  /** Seconds, both; all others are ms. */
  iat: number
  exp: number
  /** Random, for each server. */
  source: string
  now: number
  since: number
  next: number
  more: boolean
  ended: string[]
  keys: string[]
  jwks: string[]
}

/** @param secret of JWT_SECRET, where that signs */
export async function readFeed(
  client: Client,
  since?: number | string,
  secret?: string,
): Promise<Statement & { reply: Response }> {
  const reply = await client.get(`/auth/revocations${since === undefined ? '' : `?since=${since}`}`)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  const key =
    secret === undefined
      ? createLocalJWKSet((await client.get('/.well-known/jwks.json')).body)
      : Buffer.from(secret)
  const { payload, protectedHeader } = await compactVerify(reply.body, key as Uint8Array)
  assert.equal(protectedHeader.typ, 'revocations+jwt')
  return { ...(JSON.parse(Buffer.from(payload).toString()) as Statement), reply }
}

export function digestOf(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('base64url').slice(0, 16)
}
