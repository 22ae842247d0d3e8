import { guardsAnApi } from './proxied.ts'
import { nginx } from './proxy-program.ts'

/** UX-08, examples/nginx */
guardsAnApi(nginx)
