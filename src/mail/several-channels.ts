import { BoundedMap } from '../utils/bounded-map.ts'
import type { Mail, MailChannel } from './channel.ts'

/**
 * Sends each mail to all channels: console, inbox and SMTP in development. One that fails holds none of the others
 * back, and a retry (same `mail.id`) goes only to those that have not taken the mail yet.
 */
export function createSeveralChannels(channels: MailChannel[]): MailChannel {
  const takenBy = new BoundedMap<string, Set<MailChannel>>(1_000)

  async function send(mail: Mail): Promise<void> {
    const taken = (mail.id !== undefined && takenBy.get(mail.id)) || new Set<MailChannel>()
    if (mail.id !== undefined) takenBy.set(mail.id, taken)
    await toAll(
      channels.filter((channel) => !taken.has(channel)),
      async (channel) => {
        await channel.send(mail)
        taken.add(channel)
      },
    )
  }

  return {
    send,
    check: () => toAll(channels, (channel) => channel.check()),
    close: () => toAll(channels, (channel) => channel.close()),
  }
}

/** Every channel gets its turn; only then the first failure is thrown. */
async function toAll(channels: MailChannel[], act: (channel: MailChannel) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(channels.map(act))
  const failure = results.find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
}
