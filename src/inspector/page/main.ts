/** The flow inspector's page: which screen, what the keys do, what is live. */
import { base, Refused, readClock } from './api.ts'
import { createConfigScreen } from './config-screen.ts'
import { find, h, show } from './dom.ts'
import { openFeed } from './feed.ts'
import { createFlowsScreen } from './flows-screen.ts'
import { createInboxScreen } from './inbox-screen.ts'
import type { Screen } from './screen.ts'
import { createStateScreen } from './state-screen.ts'
import { createTryScreen } from './try-screen.ts'

const main = find('main')
const feed = openFeed(tellConnection)
const flows = createFlowsScreen(feed)
const screens: Record<string, Screen> = {
  flows,
  inbox: createInboxScreen(),
  try: createTryScreen(),
  state: createStateScreen(),
  config: createConfigScreen(),
}
let current: Screen | undefined

function route(): void {
  const [name = '', id] = location.pathname.slice(base.length + 1).split('/')
  const screenName = screens[name] ? name : 'flows'
  const screen = screens[screenName] ?? flows
  if (screen === flows) flows.open(name === 'flows' && id ? id : undefined)
  if (screen !== current) show(main, screen.element)
  current = screen
  void settle(screen.enter())
  document.title = `${screen.title()} · Sallyport inspector`
  for (const link of document.querySelectorAll<HTMLElement>('[data-screen]')) {
    if (link.dataset.screen === screenName) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

/** A screen that can't be filled says why. */
async function settle(work: void | Promise<void>): Promise<void> {
  try {
    await work
  } catch (reason) {
    const why =
      reason instanceof Refused
        ? reason.message
        : 'The server does not answer. It is asked again when it is back.'
    const hint = needsKey(reason)
      ? 'This server wants its DEV_TOOLS_KEY: open the link that it printed in its terminal.'
      : why
    show(main, h('section', { class: 'choose' }, h('h1', {}, 'Nothing to show'), h('p', {}, hint)))
    current = undefined
  }
}

/** A door that is closed looks like any unknown path. */
function needsKey(reason: unknown): boolean {
  return reason instanceof Refused && reason.status === 404
}

/** A link of our own changes the screen; with a modifier it is the browser's. */
function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-link]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  go(link.href, link.closest('.flows') === null)
}

function go(href: string, movesFocus = true): void {
  history.pushState(null, '', href)
  route()
  // From the list one goes on with the arrow keys; from anywhere else one wants to read.
  if (movesFocus) main.focus({ preventScroll: true })
  if (movesFocus || matchMedia('(width < 60rem)').matches) scrollTo({ top: 0 })
}

function onKey(event: KeyboardEvent): void {
  const isTyping = (event.target as Element).matches('input, select, textarea')
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const dialog = find<HTMLDialogElement>('help')
  if (event.key === 'Escape' && !dialog.open && current === flows && location.pathname !== base) go(base)
  if (isTyping) return
  if (event.key === '?') dialog.showModal()
  if (event.key === '/' && current === flows) {
    event.preventDefault()
    document.getElementById('search')?.focus()
  }
  if (event.key === 'ArrowDown' && document.activeElement === document.body) {
    document.querySelector<HTMLElement>('.flows a')?.focus()
  }
}

function tellConnection(isOpen: boolean): void {
  const chip = find('connection')
  const wasOpen = chip.dataset.state === 'live'
  if (isOpen && !wasOpen && current === undefined) queueMicrotask(route)
  chip.dataset.state = isOpen ? 'live' : 'waiting'
  chip.textContent = isOpen ? 'live' : 'connecting'
}

async function tellClock(): Promise<void> {
  const clock = await readClock()
  const chip = find('clock')
  chip.hidden = clock.aheadMs === 0
  chip.textContent = `+ ${clock.ahead}`
  chip.title = 'The clock of the server is ahead'
}

feed.onChange((what, flowId) => {
  if (what === 'clock') void tellClock()
  void settle(current?.onNews(what, flowId))
})
addEventListener('popstate', route)
document.addEventListener('click', follow)
document.addEventListener('keydown', onKey)
find('help-button').addEventListener('click', () => find<HTMLDialogElement>('help').showModal())
setInterval(() => current?.tick(), 1_000)
await tellClock().catch(() => {})
route()
