/** Which rows of the cause table a real client makes, and why none makes the others. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { causes } from '../../src/problems/causes.ts'
import { rowOf } from './learn.ts'
import { lessonsOfAxios } from './lessons-of-axios.ts'
import { lessonsOfChromium } from './lessons-of-chromium.ts'
import { lessonsOfCurl } from './lessons-of-curl.ts'
import { lessonsOfFetch } from './lessons-of-fetch.ts'
import { lessonsOfSocket } from './lessons-of-socket.ts'

const lessons = [lessonsOfCurl, lessonsOfFetch, lessonsOfAxios, lessonsOfSocket, lessonsOfChromium]

/** Why no client here makes a mistake; test/flow/causes.test.ts and what is named there make it. */
const unmade: Record<string, string[]> = {
  'the operator has to act: an account disabled, claims changed, a key revoked, an invitation sent': [
    'session_ended: disabled',
    'token_invalid: claims_changed',
    'token_invalid: key_revoked',
    'registration_closed: invitation_missing',
  ],
  'no client can sign such a token': ['token_invalid: wrong_type'],
  'a real one is longer than the body may hold, and comes as invalid_request': [
    'refresh_invalid: access_token_sent',
  ],
  'two accounts have to race for an address': ['email_taken: taken_meanwhile'],
  'the long code of a mail is not in the terminal': [
    'mailed_code_invalid: incomplete_code',
    'mailed_code_invalid: code_used_or_over',
  ],
  'the fault is of the server': [
    'service_unavailable: store_away',
    'service_unavailable: not_ready',
    'service_unavailable: passwords_waiting',
    'service_unavailable: too_slow',
    'internal: fault',
  ],
  'the list of breaches is on the internet': ['password_rejected: breached'],
  'the same mistake as for bearer_missing, on the other route': [
    'token_invalid: in_query',
    'token_invalid: in_body',
    'token_invalid: cookie_only',
    'token_invalid: no_header',
    'token_invalid: empty_variable',
  ],
}

describe('the cause table', () => {
  it('is met by a real client, row by row, but for what none can do', () => {
    const made = lessons.flatMap((each) => Object.keys(each).map(rowOf))
    // The fix of every limit is to wait, for up to an hour.
    const rows = causes
      .filter(({ code }) => code !== 'rate_limited')
      .map(({ code, cause }) => `${code}: ${cause}`)
    const missed = rows.filter((row) => !made.includes(row))
    assert.deepEqual(missed.sort(), Object.values(unmade).flat().sort())
  })
})
