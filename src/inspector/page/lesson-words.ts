import type { LessonName } from '../wire.ts'

export const lessonWords: Record<LessonName, { title: string; teaches: string; movesClock?: true }> = {
  'the-four-requests': {
    title: 'The four requests',
    teaches: 'Login, code, token, call: how it goes when everything is right.',
  },
  'get-instead-of-post': {
    title: 'GET instead of POST',
    teaches: 'What an address bar sends, and why the answer is 404.',
  },
  'forget-the-cookie': {
    title: 'Forget the cookie',
    teaches: 'The commonest mistake there is: the code comes without its session.',
  },
  'wrong-code': { title: 'Wrong code', teaches: 'A typo costs a try, and the right code still works.' },
  'old-code': { title: 'Old code', teaches: 'The code of an earlier login does not open a later one.' },
  'no-bearer': { title: 'No Bearer', teaches: 'A session cookie alone does not open a route for tokens.' },
  'tampered-token': {
    title: 'Tampered token',
    teaches: 'One changed letter and the signature does not fit.',
  },
  'expired-token': {
    title: 'Expired token',
    teaches: 'What a client meets when its token has run out.',
    movesClock: true,
  },
  'refresh-twice': {
    title: 'Refresh twice',
    teaches: 'Within the grace the same successor; after it the family ends.',
    movesClock: true,
  },
  'text-plain-body': { title: 'text/plain body', teaches: 'JSON without its content type is refused.' },
}

export const lessonNames = Object.keys(lessonWords) as LessonName[]
