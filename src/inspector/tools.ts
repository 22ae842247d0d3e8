import type { InspectedParts } from '../dev-tools.ts'
import type { KeptInbox } from './dev-inbox.ts'
import type { FlowShelf } from './flow-shelf.ts'
import type { SeenLimits } from './limits-seen.ts'
import type { Recorder } from './recorder.ts'
import type { Stream } from './stream.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type Tools = {
  parts: InspectedParts
  clock: VirtualClock
  inbox: KeptInbox
  shelf: FlowShelf
  recorder: Recorder
  limits: SeenLimits
  stream: Stream
}

/** Moves the time of the whole server, and does what has become due. */
export async function moveClock({ clock, parts, stream }: Tools, milliseconds: number): Promise<void> {
  clock.advance(milliseconds)
  await parts.afterClock()
  parts.wakeMail()
  stream.tell('clock')
}
