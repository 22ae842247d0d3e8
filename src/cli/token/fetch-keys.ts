import { CommandFailure } from '../failure.ts'
import type { Visitor } from '../visitor.ts'

/** The keys of an issuer, the way verifiers find them: by its metadata (RFC 8414). */
export async function fetchKeys(
  visitor: Visitor,
  url: string,
  open: (url: string) => Visitor,
): Promise<Record<string, unknown>[]> {
  const metadata = await visitor.request('GET', '/.well-known/oauth-authorization-server')
  const jwksUri = URL.parse(String(metadata.members.jwks_uri))
  if (metadata.status !== 200 || !jwksUri) {
    throw new CommandFailure(
      `${url}/.well-known/oauth-authorization-server is no metadata of an issuer (${metadata.status}). Name the issuer: --issuer https://auth.example`,
    )
  }
  const keys = await open(jwksUri.origin).request('GET', `${jwksUri.pathname}${jwksUri.search}`)
  if (keys.status !== 200 || !Array.isArray(keys.members.keys)) {
    throw new CommandFailure(
      `${jwksUri} is no key set (${keys.status}). Look at the proxy in front of the server.`,
    )
  }
  return keys.members.keys as Record<string, unknown>[]
}
