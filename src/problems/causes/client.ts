import { type CauseRow, told } from '../cause-row.ts'

/** Why a service is not known here. Which of its two words was wrong is told to nobody. */
export const clientCauses = [
  {
    code: 'client_invalid',
    cause: 'no_clients',
    means: 'No service is registered at this server: CLIENTS is not set.',
    // The metadata documents show it too: without clients they name neither route.
    shownIn: 'production',
    when: told('no_clients', 'No service is registered at this server: CLIENTS is not set.'),
    fix: 'Set CLIENTS=<id>:<secret> at the server, with a secret from npx sallyport secret, and start it again.',
    howOften: 4,
  },
  {
    code: 'client_invalid',
    cause: 'no_client_secret',
    means: 'The request says of no service that it comes from it, or names one without its secret.',
    shownIn: 'production',
    when: told(
      'no_client_secret',
      'Neither HTTP Basic nor client_id and client_secret came with this request.',
    ),
    fix: 'Send the id and the secret of an entry of CLIENTS: curl -u <id>:<secret> -d token=<the token>.',
    howOften: 3,
  },
  {
    code: 'client_invalid',
    cause: 'unreadable_basic',
    means:
      'The Authorization header is not Basic with the base64 of id:secret, both form-encoded (RFC 6749 2.3.1).',
    shownIn: 'production',
    when: told('unreadable_basic', 'The Authorization header is not Basic with the base64 of id:secret.'),
    fix: 'Send Authorization: Basic <base64 of id:secret>; a %, + or : in either is form-encoded first.',
    howOften: 2,
  },
  {
    code: 'client_invalid',
    cause: 'wrong_client_secret',
    means: 'No entry of CLIENTS has this id with this secret.',
    shownIn: 'production',
    when: () => 'No entry of CLIENTS has this id with this secret.',
    fix: 'Compare both with CLIENTS at the server, letter by letter; after a change it has to be started again.',
    howOften: 4,
  },
] as const satisfies readonly CauseRow[]
