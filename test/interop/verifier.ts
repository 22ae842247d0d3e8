/** What each file in verifiers/ gives: somebody else's library, set up as docs/verifying.md says. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '../support/http-client.ts'

export type PublicKeyAlgorithm = 'ES256' | 'RS256' | 'EdDSA'

/** What somebody who sets up a verifier knows of us. */
export type Issuer = { issuer: string; jwksUri: string; audience: string; algorithm: PublicKeyAlgorithm }

export type Verifier = {
  /** The packages, as docs/verifying.md names them. */
  name: string
  /** The values of JWT_ALG that it understands. It refuses the tokens of the others. */
  algorithms: PublicKeyAlgorithm[]
  /** False, or the reason to skip it. Throws under CI=true. */
  missing?: () => string | false
  open(issuer: Issuer): Promise<OpenVerifier>
}

export type OpenVerifier = {
  /** The account that the token is of; `undefined` when it is refused. Rejects when it is neither. */
  accountOf(token: string): Promise<string | undefined>
  close(): Promise<void>
}

/** The `env` of an Express app that writes no stack for each refusal. */
export const quietEnv = 'test'

/** An API that answers `GET /api/me` with `{account}` behind the library's guard. Anything but 200 and 401 is a fault of it. */
export async function verifierOver(
  listener: RequestListener,
  alsoClose: () => Promise<void> = async () => {},
): Promise<OpenVerifier> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { accountOf, close } = verifierAt((server.address() as AddressInfo).port)
  return {
    accountOf,
    async close() {
      await close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await alsoClose()
    },
  }
}

export function verifierAt(port: number): OpenVerifier {
  const client = createClient(`http://127.0.0.1:${port}`)
  return {
    async accountOf(token) {
      const { status, body } = await client.get('/api/me', { bearer: token })
      if (status === 401) return undefined
      if (status === 200) return body.account
      throw new Error(`The API answers ${status}: ${JSON.stringify(body)}`)
    },
    close: async () => client.close(),
  }
}

/** For a library that is a function: it gives the claims or throws. */
export function verifierOf(
  claimsOf: (token: string) => Promise<{ sub?: string | undefined }>,
  isRefusal: (reason: unknown) => boolean,
): OpenVerifier {
  return {
    async accountOf(token) {
      try {
        return (await claimsOf(token)).sub
      } catch (reason) {
        if (isRefusal(reason)) return undefined
        throw reason
      }
    },
    close: async () => {},
  }
}
