/** Login, code, a call to an API, logout. The state of the client decides what is shown; nothing else is remembered here. */
// In your own project: from '@sallyport/client'.
import { type AuthState, createClient, isSallyportError } from '../../../client/src/index.ts'

const apiUrl = setting('api-url')
const auth = createClient({
  url: `${setting('auth-url')}/auth`,
  origins: [new URL(apiUrl).origin],
  background: true,
})

const main = find('main')
const sections = {
  loading: find('#loading'),
  anonymous: find('#signed-out'),
  otp_pending: find('#code'),
  verified: find('#signed-in'),
}
const underWay = new Set<string>()
let shown: AuthState['stage'] = 'loading'

auth.subscribe(show)
show(auth.state)
// What it throws is in the state: offline, and it goes on asking.
auth.ready().catch(() => {})

onSubmit('#login', () => auth.login({ email: field('#email').value, password: field('#password').value }))
onSubmit('#verify', () => auth.verify(field('#otp').value))
onClick('#resend', async () => {
  await auth.resend()
  say('#done', 'The same code is on its way again.')
})
onClick('#restart', () => auth.logout())
onClick('#logout', () => auth.logout())
onClick('#everywhere', () => auth.logout({ everywhere: true }))
onClick('#call', async () => {
  const reply = await auth.fetch(`${apiUrl}/api/me`)
  say('#answer pre', `${reply.status}\n${JSON.stringify(await reply.json(), undefined, 2)}`)
  find('#answer').hidden = false
})

function show(state: AuthState): void {
  say('#offline', state.offline ? 'Sallyport does not answer. What you see may be old.' : '')
  if (state.stage === 'anonymous') say('#ended', wordsForEnd(state.endedBecause))
  if (state.stage === 'otp_pending' && state.otp) {
    say('#destination', state.otp.destination)
    say('#tries', `Tries left: ${state.otp.attemptsLeft}.`)
  }
  if (state.stage === 'verified') say('#who', state.user.email)
  if (state.stage !== shown) turnTo(state.stage)
}

function turnTo(stage: AuthState['stage']): void {
  shown = stage
  for (const [name, section] of Object.entries(sections)) section.hidden = name !== stage
  for (const form of document.querySelectorAll('form')) form.reset()
  find('#answer').hidden = true
  say('#problem', '')
  say('#done', '')
  // Tells a screen reader that the page is another one.
  sections[stage].querySelector<HTMLElement>('h1')?.focus()
}

function wordsForEnd(reason: string | undefined): string {
  if (reason === undefined || reason === 'logged_out') return ''
  return `Your last session has ended (${reason.replaceAll('_', ' ')}).`
}

function onSubmit(selector: string, act: () => Promise<unknown>): void {
  find(selector).addEventListener('submit', (event) => {
    event.preventDefault()
    void run(selector, act)
  })
}

function onClick(selector: string, act: () => Promise<unknown>): void {
  find(selector).addEventListener('click', () => void run(selector, act))
}

/** The second of two clicks is none; what went wrong is said in the words of the server. */
async function run(selector: string, act: () => Promise<unknown>): Promise<void> {
  if (underWay.has(selector)) return
  underWay.add(selector)
  main.ariaBusy = 'true'
  say('#problem', '')
  say('#done', '')
  try {
    await act()
  } catch (thrown) {
    say('#problem', wordsFor(thrown))
  } finally {
    underWay.delete(selector)
    main.ariaBusy = String(underWay.size > 0)
  }
}

function wordsFor(thrown: unknown): string {
  if (!isSallyportError(thrown)) return `The API could not be asked: ${thrown}`
  const wait = thrown.retryAfter === undefined ? '' : ` Try again in ${Math.ceil(thrown.retryAfter)} s.`
  return `${thrown.message}${wait}`
}

function say(selector: string, words: string): void {
  const place = find(selector)
  if (place.textContent !== words) place.textContent = words
}

function setting(name: string): string {
  return find(`meta[name=${name}]`).getAttribute('content') ?? ''
}

function field(selector: string): HTMLInputElement {
  return find(selector) as HTMLInputElement
}

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector)
  if (!found) throw new Error(`There is no ${selector} in the page`)
  return found
}
