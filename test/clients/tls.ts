/** A TLS proxy in front of the server, as deployments have it. */
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificate } from '../support/certificate.ts'
import type { Scene } from './scene.ts'

export async function encrypt(
  scene: Scene,
  name = 'localhost',
): Promise<{ url: string; port: number; certificate: string }> {
  const certificate = createCertificate([name])
  const proxy = createServer(certificate, (req, res) => {
    const headers = { ...req.headers, 'x-forwarded-proto': 'https' }
    const { method, url: path } = req
    const inner = request({ host: '127.0.0.1', port: scene.port, method, path, headers }, (reply) => {
      res.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(res)
    })
    req.pipe(inner)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  scene.atEnd(() => proxy.close())
  const { port } = proxy.address() as AddressInfo
  return { url: `https://${name}:${port}`, port, certificate: certificate.file }
}
