/** A mistake that somebody makes against a real server, and what happens once the fix was followed to the letter. */
import type { TestGate } from './gate.ts'
import type { Client, Response } from './http-client.ts'

export type Lesson = {
  env?: Record<string, string>
  /** Makes the mistake. */
  refused: (gate: TestGate) => Promise<Taught>
}

/** The refusal, and the same act done as its fix says; without one there is nothing that the caller could do at once. */
export type Taught = { reply: Response; retry?: () => Promise<Response> }

export const lesson = (refused: Lesson['refused'], env?: Lesson['env']): Lesson => ({
  refused,
  ...(env ? { env } : {}),
})

/** One client that waits for its code, and one whose session is verified. */
export async function someone(gate: TestGate) {
  const ada = await gate.makeAccount()
  const client = await gate.logIn(ada)
  const credentials = { email: ada.email, password: ada.password }
  return { ada, client, credentials, logIn: () => gate.client().post('/auth/login', credentials) }
}

export async function member(gate: TestGate) {
  const ada = await gate.makeAccount()
  const client = await gate.enter(ada)
  const bearer = await gate.accessToken(client)
  const open = (headers: Record<string, string | string[]>, path = '/auth/protected') =>
    gate.client().get(path, { headers })
  return { ada, client, bearer, open, works: () => gate.client().get('/auth/protected', { bearer }) }
}

/** The `name=value` of the session cookie of a client. */
export function sessionCookie(client: Client): string {
  const [name, value] = [...client.cookies].find(([each]) => each.endsWith('sallyport.sid')) ?? []
  return `${name}=${value}`
}
