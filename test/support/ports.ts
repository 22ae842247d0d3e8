import { createServer } from 'node:net'

/**
 * A free loopback port from 12000 to 21999: below the range from which the kernel takes the ports of outgoing
 * connections, so that a stopped service finds its port still free when it starts again (Redis Cluster also needs
 * the port 10000 above).
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 12_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
  throw new Error('No free port between 12000 and 21999 in 50 tries')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
