import { guardsAnApi } from './proxied.ts'
import { caddy } from './proxy-program.ts'

/** UX-08, examples/caddy */
guardsAnApi(caddy)
