/** Somebody's API behind a proxy: it remembers what reached it, and says who it was told that the caller is. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Reached = { method: string; path: string; headers: [name: string, value: string][]; body: string }

export type ProxiedApi = {
  port: number
  /** Oldest first. */
  reached: Reached[]
  /** The values of this header in the newest request, as they came in. */
  received(name: string): string[]
  close(): Promise<void>
}

export async function openProxiedApi(test: { after(done: () => Promise<void>): void }): Promise<ProxiedApi> {
  const reached: Reached[] = []

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = (await req.toArray()).join('')
    reached.push({ method: req.method ?? '', path: req.url ?? '', headers: headerLines(req), body })
    if (req.url === '/api/broken') res.writeHead(500).end('the API is broken')
    else res.setHeader('Content-Type', 'application/json').end('{"reached":true}')
  }

  const server = createServer((req, res) => void answer(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api: ProxiedApi = {
    port: (server.address() as AddressInfo).port,
    reached,
    received: (name) =>
      (reached.at(-1)?.headers ?? [])
        .filter(([each]) => each.toLowerCase() === name.toLowerCase())
        .map(([, value]) => value),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  test.after(api.close)
  return api
}

function headerLines({ rawHeaders }: IncomingMessage): Reached['headers'] {
  return rawHeaders.flatMap((name, index): Reached['headers'] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  )
}
