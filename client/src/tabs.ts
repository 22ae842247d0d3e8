import { around } from './surroundings.ts'

/**
 * What tabs tell each other. No message carries a token, and none signs anybody in: without `over` the others ask the server
 * who is signed in now; with it, that is the public handle of a session that has ended.
 */
export type Tabs = { tell(over?: string): void; close(): void }

export function openTabs(name: string, onMessage: (over: string) => void): Tabs {
  const { BroadcastChannel } = around()
  const channel = BroadcastChannel && new BroadcastChannel(name)
  if (channel) {
    channel.onmessage = ({ data }) => {
      // Anything of this origin may post here: only our own shape is believed.
      const [sallyport, over = ''] = Array.isArray(data) ? data : []
      if (sallyport === 'sallyport' && typeof over === 'string') onMessage(over)
    }
    // In Node it would keep the process alive.
    channel.unref?.()
  }
  return {
    tell: (over) => channel?.postMessage(['sallyport', over]),
    close: () => channel?.close(),
  }
}
