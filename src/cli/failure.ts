import { Problem } from '../problems/problem.ts'

/** Of sysexits(3) and the shells' own. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  unavailable: 69,
  configuration: 78,
  interrupted: 130,
} as const

/** A command that could not do what it was asked, in words for the person who asked. */
export class CommandFailure extends Error {
  readonly code: number

  constructor(message: string, code: number = exitCodes.failed) {
    super(message)
    this.name = 'CommandFailure'
    this.code = code
  }
}

export async function describeFailure(reason: unknown): Promise<{ text: string; code: number }> {
  if (reason instanceof CommandFailure) return { text: reason.message, code: reason.code }
  if (reason instanceof Problem && reason.code !== 'service_unavailable') {
    return { text: reason.message, code: exitCodes.failed }
  }
  // Settings, secrets and stores fail here as they fail for the server. It is loaded only now because it brings everything along.
  const server = await import('../server.ts')
  return server.describeFailure(reason)
}
