/** A TCP proxy that misbehaves on demand: between a server and its Postgres, Redis or SMTP, or in front of the server. */
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './ports.ts'

export type TcpProxy = {
  port: number
  /** The same URL with the proxy as its host. */
  through(url: string): string
  /** Drops every connection and refuses new ones. */
  cut(): void
  /** Half-open: what clients send arrives, what comes back is thrown away. */
  swallowReplies(): void
  /** Each chunk waits this long, in both directions. */
  delay(milliseconds: number): void
  /** Forwards as at the start. A connection whose replies were swallowed stays out of step: clients must give it up. */
  restore(): void
  /** How many client connections are open. */
  connections(): number
  close(): Promise<void>
}

/** What happens to a chunk on its way to the server, for faults at an exact place (see statement-proxy.ts). */
export type ClientDataHook = (
  chunk: Buffer,
  connection: ProxyConnection,
) => 'forward' | 'cut' | 'forward, cut at the reply'
export type ProxyConnection = { id: number }

type Fault =
  | { kind: 'none' }
  | { kind: 'cut' }
  | { kind: 'swallow' }
  | { kind: 'delay'; milliseconds: number }

type Target = { host?: string; port: number }

/** @param target several take turns, a connection each */
export async function startTcpProxy(
  target: Target | [Target, ...Target[]],
  onClientData: ClientDataHook = () => 'forward',
): Promise<TcpProxy> {
  const port = await freePort()
  const pairs = new Map<ProxyConnection, Socket[]>()
  let fault: Fault = { kind: 'none' }
  let nextId = 1

  const drop = (connection: ProxyConnection) => {
    for (const socket of pairs.get(connection) ?? [])
      socket.writableEnded ? socket.destroy() : socket.resetAndDestroy()
    pairs.delete(connection)
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const connection = { id: nextId++ }
    const next = Array.isArray(target) ? target[connection.id % target.length] : target
    const upstream = connect({
      host: '127.0.0.1',
      ...(next as Target),
      noDelay: true,
      allowHalfOpen: true,
    })
    let cutAtReply = false
    pairs.set(connection, [client, upstream])
    client.on('data', (chunk) => {
      const verdict = onClientData(chunk, connection)
      if (verdict === 'cut') return drop(connection)
      cutAtReply ||= verdict === 'forward, cut at the reply'
      pass(fault, () => upstream.write(chunk))
    })
    upstream.on('data', (chunk) => {
      if (cutAtReply) drop(connection)
      else if (fault.kind !== 'swallow') pass(fault, () => client.write(chunk))
    })
    client.on('end', () => pass(fault, () => upstream.end()))
    upstream.on('end', () => {
      if (fault.kind !== 'swallow') pass(fault, () => client.end())
    })
    for (const socket of [client, upstream]) {
      socket.on('error', () => drop(connection))
      socket.on('close', () => drop(connection))
    }
  })

  async function listen(): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
    server.unref()
  }
  await listen()

  return {
    port,
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    cut() {
      fault = { kind: 'cut' }
      if (server.listening) server.close()
      for (const connection of pairs.keys()) drop(connection)
    },
    swallowReplies() {
      fault = { kind: 'swallow' }
    },
    delay(milliseconds) {
      fault = { kind: 'delay', milliseconds }
    },
    restore() {
      fault = { kind: 'none' }
      if (!server.listening) server.listen(port, '127.0.0.1').unref()
    },
    connections: () => pairs.size,
    async close() {
      for (const connection of pairs.keys()) drop(connection)
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Timers of one length fire in the order in which they were set, so delayed chunks stay in order. */
function pass(fault: Fault, forward: () => void): void {
  if (fault.kind === 'delay') setTimeout(forward, fault.milliseconds)
  else forward()
}
