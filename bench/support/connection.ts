import { connect, type Socket } from 'node:net'

export type Reply = { status: number; body: string }

/**
 * A kept-alive HTTP/1.1 connection that sends bytes as they are and reads no more of an answer than its status, length and body:
 * node:http as a client costs more than the answers that we count.
 */
export class Connection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve: (reply: Reply) => void; reject: (reason: Error) => void } | undefined

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Connection(socket))
      })
    })
  }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (reason) => this.#waiting?.reject(reason))
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
  }

  send(request: Buffer, resolve: (reply: Reply) => void, reject: (reason: Error) => void): void {
    this.#waiting = { resolve, reject }
    this.#socket.write(request)
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const text = this.#received.toString('latin1')
    const headEnd = text.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const length = contentLength(text, headEnd)
    if (text.length < headEnd + 4 + length) return
    this.#received = Buffer.alloc(0)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve({
      status: Number(text.slice(9, 12)),
      body: text.slice(headEnd + 4, headEnd + 4 + length),
    })
  }
}

const lengthPattern = /\r\ncontent-length: *(\d+)/i

function contentLength(text: string, headEnd: number): number {
  const found = lengthPattern.exec(text)
  return found && found.index < headEnd ? Number(found[1]) : 0
}
