/** One of the five screens. It keeps its own element and what was typed into it. */
export type Screen = {
  element: HTMLElement
  title(): string
  /** It is shown now. */
  enter(): void | Promise<void>
  onNews(what: 'flows' | 'mail' | 'clock', flowId?: string): void | Promise<void>
  /** Once a second while it is shown: for countdowns. */
  tick(): void
}
