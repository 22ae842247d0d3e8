/** A proxy before Postgres that counts statements and cuts at one of them: "the store dies between step 3 and step 4". */
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

export type StatementProxy = TcpProxy & {
  /** The address to give to the server. */
  url: string
  /** Statements seen since the start or the last `cutAt`: BEGIN, COMMIT and every other one. */
  statements(): number
  /**
   * Cuts the connection at the nth statement from now on: `before` Postgres sees it, or `after` it ran, with its reply
   * lost. Only that connection falls; what comes later passes.
   */
  cutAt(nth: number, when: 'before' | 'after'): void
}

export async function startStatementProxy(postgresUrl: string): Promise<StatementProxy> {
  const readers = new Map<number, (chunk: Buffer) => number>()
  let seen = 0
  let plan: { nth: number; when: 'before' | 'after' } | undefined

  const { hostname, port } = new URL(postgresUrl)
  const proxy = await startTcpProxy({ host: hostname, port: Number(port || 5432) }, (chunk, { id }) => {
    const read = readers.get(id) ?? countStatements()
    readers.set(id, read)
    const before = seen
    seen += read(chunk)
    const isReached = plan !== undefined && before < plan.nth && plan.nth <= seen
    if (!plan || !isReached) return 'forward'
    const { when } = plan
    plan = undefined
    return when === 'before' ? 'cut' : 'forward, cut at the reply'
  })

  return {
    ...proxy,
    url: proxy.through(postgresUrl),
    statements: () => seen,
    cutAt(nth, when) {
      seen = 0
      plan = { nth, when }
    },
  }
}

/**
 * Counts the messages Query and Execute in what a client sends. The first message has no type byte; each later one is
 * a type byte and a length that counts itself. (Our connections to the tests' Postgres use no TLS.)
 */
function countStatements(): (chunk: Buffer) => number {
  let pending = Buffer.alloc(0)
  let typeBytes = 0
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    let statements = 0
    while (pending.length >= typeBytes + 4) {
      const size = typeBytes + pending.readUInt32BE(typeBytes)
      if (pending.length < size) break
      const type = typeBytes === 1 ? String.fromCharCode(pending[0] as number) : ''
      if (type === 'Q' || type === 'E') statements++
      pending = pending.subarray(size)
      typeBytes = 1
    }
    return statements
  }
}
