/** Python's PyJWT, as examples/python-api uses it: the example is the test, and the test is of the example. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { endWithThisProcess, exitOf } from '../../support/child-processes.ts'
import { freePort } from '../../support/ports.ts'
import { eventually, findProgram, missingService } from '../../support/services.ts'
import { type Issuer, type OpenVerifier, type Verifier, verifierAt } from '../verifier.ts'

const app = join(import.meta.dirname, '../../../examples/python-api/app.py')
let found: string | undefined

export const pyjwt: Verifier = {
  name: 'PyJWT',
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  missing: () =>
    pythonWithJwt()
      ? false
      : missingService(
          'PyJWT',
          'apt-get install python3-jwt python3-cryptography, or pip install pyjwt[crypto]',
        ),
  open: startPythonApi,
}

export async function startPythonApi({
  issuer,
  audience,
  algorithm,
}: Omit<Issuer, 'jwksUri'>): Promise<OpenVerifier & { port: number }> {
  const port = await freePort()
  const child = spawn(pythonWithJwt() ?? 'python3', [app], {
    env: {
      PATH: process.env.PATH,
      ISSUER: issuer,
      AUDIENCE: audience,
      ALGORITHM: algorithm,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  endWithThisProcess(child)
  let log = ''
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-4_000)
  })
  const verifier = verifierAt(port)
  await eventually(() => verifier.accountOf('no token'), {
    giveUp: () => (child.exitCode === null ? undefined : new Error(`The API ended at its start:\n${log}`)),
  })
  return {
    ...verifier,
    port,
    async close() {
      await verifier.close()
      const exit = exitOf(child)
      child.kill()
      await exit
    },
  }
}

/** The first Python that has both packages: the one on the PATH may be none of Debian's. */
function pythonWithJwt(): string | undefined {
  if (found !== undefined) return found
  const candidates = [findProgram(['python3']), '/usr/bin/python3'].filter((path) => path !== undefined)
  const hasBoth = (path: string) => spawnSync(path, ['-c', 'import jwt, cryptography']).status === 0
  found = candidates.find(hasBoth)
  return found
}
