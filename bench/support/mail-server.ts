import { SMTPServer } from 'smtp-server'
import { freePort } from '../../test/support/ports.ts'

/** Takes every mail and forgets it: a sink that reads them would take the generator's time. */
export async function startMailServer(): Promise<{ url: string; close(): Promise<void> }> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData(stream, _session, done) {
      stream.resume()
      stream.once('end', () => done())
    },
  })
  // A server under test that is stopped hangs up in the middle.
  server.on('error', () => {})
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { url: `smtp://127.0.0.1:${port}`, close: () => new Promise((done) => server.close(done)) }
}
