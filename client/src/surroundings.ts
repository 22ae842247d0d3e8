/** What a browser has and Node may lack, looked up when it is needed: nothing happens when this package is imported. */
type Surroundings = {
  location?: { href: string; origin: string; hostname: string }
  document?: { hidden: boolean }
  navigator?: { locks?: Locks }
  BroadcastChannel?: new (name: string) => Channel
  addEventListener?: (type: string, listener: () => void, options: { signal: AbortSignal }) => void
}

type Locks = {
  request(name: string, options: { signal: AbortSignal }, held: () => unknown): Promise<unknown>
}

type Channel = {
  postMessage(message: unknown): void
  close(): void
  onmessage: ((event: { data: unknown }) => void) | null
  unref?(): void
}

export function around(): Surroundings {
  return globalThis as unknown as Surroundings
}

export function isHidden(): boolean {
  return !!around().document?.hidden
}

/** Whoever asks while one is under way gets that one. */
export function single<A extends unknown[], T>(
  work: (...asked: A) => Promise<T>,
): (...asked: A) => Promise<T> {
  let running: Promise<T> | undefined
  return (...asked) => {
    running ??= work(...asked).finally(() => {
      running = undefined
    })
    return running
  }
}

/** In Node, this timer alone keeps no process alive. */
export function later(milliseconds: number, act: () => void): ReturnType<typeof setTimeout> {
  const timer = setTimeout(act, milliseconds) as ReturnType<typeof setTimeout> & { unref?(): void }
  timer.unref?.()
  return timer
}

/** Up to a fifth more, so that many tabs don't do the same at the same moment. */
export function jittered(milliseconds: number): number {
  return milliseconds * (1 + Math.random() / 5)
}
