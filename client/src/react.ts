import {
  createContext,
  createElement,
  type FormEvent,
  Fragment,
  type FunctionComponent,
  type InputHTMLAttributes,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type { AuthClient } from './client.ts'
import { isSallyportError, type SallyportError } from './error.ts'
import type { AuthState, User } from './state.ts'

const ClientContext = createContext<AuthClient | undefined>(undefined)

/** Makes one client known to everything below it. */
export const SallyportProvider: FunctionComponent<{ client: AuthClient; children?: ReactNode }> = ({
  client,
  children,
}) => createElement(ClientContext.Provider, { value: client }, children)

/** The state, and the client to act with. Renders again when the state changes, and only then. */
export function useAuth(): AuthState & { auth: AuthClient } {
  const auth = useContext(ClientContext)
  if (!auth) throw new Error('useAuth needs a <SallyportProvider client={...}> above it')
  const state = useSyncExternalStore(
    auth.subscribe,
    () => auth.state,
    () => auth.initial,
  )
  return useMemo(() => ({ ...state, auth }), [state, auth])
}

export type SessionView =
  | { stage: 'loading' | 'anonymous' | 'otp_pending'; user: undefined; offline: boolean }
  | { stage: 'verified'; user: User; offline: boolean }
export type RequiredSession =
  | { stage: 'loading'; user: undefined; offline: boolean }
  | { stage: 'verified'; user: User; offline: boolean }

/**
 * Who is signed in. With `required`, a page sees `loading` until somebody is, and `onMissing` is called, once, when it turns out
 * that nobody is: the place for going to the sign-in page.
 */
export function useSession(options: {
  required: true
  onMissing?: (state: AuthState) => void
}): RequiredSession
export function useSession(options?: {
  required?: boolean
  onMissing?: (state: AuthState) => void
}): SessionView
export function useSession({
  required = false,
  onMissing,
}: {
  required?: boolean
  onMissing?: (state: AuthState) => void
} = {}): SessionView {
  const state = useAuth()
  const { stage, offline } = state
  const isMissing = required && (stage === 'anonymous' || stage === 'otp_pending')
  const tell = useRef(onMissing)
  tell.current = onMissing
  useEffect(() => {
    if (isMissing) tell.current?.(state.auth.state)
  }, [isMissing, state.auth])
  if (state.stage === 'verified') return { stage: 'verified', user: state.user, offline }
  return { stage: isMissing ? 'loading' : state.stage, user: undefined, offline }
}

/** Its children while somebody is signed in. */
export const SignedIn: FunctionComponent<{ children?: ReactNode }> = ({ children }) =>
  useAuth().stage === 'verified' ? createElement(Fragment, null, children) : null

/** Its children while nobody is signed in, or the code is still to come; not while that isn't known yet. */
export const SignedOut: FunctionComponent<{ children?: ReactNode }> = ({ children }) =>
  /^(anonymous|otp_pending)$/.test(useAuth().stage) ? createElement(Fragment, null, children) : null

export type OtpInputProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onError'> & {
  /** Remembers this browser, so that the next login asks for no code. */
  trustDevice?: boolean
  onVerified?: (state: AuthState) => void
  onRefused?: (error: SallyportError) => void
  /** The sentence under the field. Unless said, the server's own, which is English. */
  describe?: (error: SallyportError) => string
}

/**
 * One field for the whole code (WCAG 3.3.8: never one per digit), which any manager may fill and any paste. It verifies by
 * itself, once, when the code is complete; after a refusal it keeps and selects the code, and waits until it is changed.
 */
export const OtpInput: FunctionComponent<OtpInputProps> = ({
  trustDevice = false,
  onVerified,
  onRefused,
  describe = (error) => error.message,
  ...attributes
}) => {
  const { auth, ...state } = useAuth()
  const field = useRef<Field>(null)
  const [code, setCode] = useState('')
  const [error, setError] = useState<SallyportError>()
  const [isBusy, setBusy] = useState(false)
  const messageId = useId()
  const length = (state.stage === 'otp_pending' && state.otp?.length) || 6

  async function verify(digits: string): Promise<void> {
    setBusy(true)
    try {
      const verified = await auth.verify(digits, { trustDevice })
      onVerified?.(verified)
    } catch (thrown) {
      if (!isSallyportError(thrown)) throw thrown
      setError(thrown)
      field.current?.focus()
      field.current?.select()
      onRefused?.(thrown)
    } finally {
      setBusy(false)
    }
  }

  function onInput(event: FormEvent): void {
    // Mails and people write 839-201 or 839 201.
    const digits = (event.target as unknown as Field).value.replace(/\D/g, '').slice(0, length)
    if (digits === code) return
    setCode(digits)
    setError(undefined)
    if (digits.length === length) verify(digits)
  }

  return createElement(
    Fragment,
    null,
    createElement('input', {
      ...fieldAttributes,
      'aria-label': attributes.id || attributes['aria-labelledby'] ? undefined : 'One-time code',
      ...attributes,
      ref: field as never,
      value: code,
      readOnly: isBusy,
      'aria-busy': isBusy,
      'aria-invalid': !!error,
      'aria-describedby': [attributes['aria-describedby'], messageId].filter(Boolean).join(' '),
      onInput,
      onChange: attributes.onChange ?? (() => {}),
    }),
    createElement('span', { id: messageId, role: 'alert' }, error && describe(error)),
  )
}

type Field = { value: string; focus(): void; select(): void }

const fieldAttributes = {
  type: 'text',
  name: 'otp',
  inputMode: 'numeric',
  autoComplete: 'one-time-code',
  pattern: '[0-9 \\-]*',
  enterKeyHint: 'done',
  autoCapitalize: 'none',
  spellCheck: false,
} as const
