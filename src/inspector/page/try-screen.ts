import type { LessonName, LessonResult } from '../wire.ts'
import { ask, base } from './api.ts'
import { button, h, show } from './dom.ts'
import { lessonNames, lessonWords } from './lesson-words.ts'
import type { Screen } from './screen.ts'
import { createTryForms, type TryForms } from './try-forms.ts'

/** The four requests by hand, and the mistakes that people make with them. */
export function createTryScreen(): Screen {
  const forms = createTryForms()
  return {
    element: h(
      'div',
      { class: 'try' },
      h('h1', {}, 'Try it'),
      h('div', { class: 'try-columns' }, byHand(forms), lessonColumn(forms)),
    ),
    title: () => 'Try it',
    enter: () => forms.takeCode(new URLSearchParams(location.search).get('otp')),
    onNews: () => {},
    tick: () => {},
  }
}

function byHand(forms: TryForms): HTMLElement {
  return h(
    'section',
    { 'aria-labelledby': 'by-hand' },
    h('h2', { id: 'by-hand' }, 'The four requests'),
    h('p', { class: 'faint' }, 'From this page, with this browser’s own cookie.'),
    forms.element,
  )
}

function lessonColumn(forms: TryForms): HTMLElement {
  const result = h('div', { class: 'lesson-result', role: 'status' })
  const buttons = lessonNames.map((name) => lessonButton(name, () => void run(name)))

  async function run(lesson: LessonName): Promise<void> {
    for (const each of buttons) each.setAttribute('aria-disabled', 'true')
    show(result, h('p', {}, `${lessonWords[lesson].title}: running…`))
    try {
      show(result, tell(await ask<LessonResult>('/try', 'POST', { lesson, ...forms.account() })))
    } catch (reason) {
      show(result, h('p', {}, reason instanceof Error ? reason.message : 'The server does not answer.'))
    }
    for (const each of buttons) each.removeAttribute('aria-disabled')
  }

  return h(
    'section',
    { 'aria-labelledby': 'lessons' },
    h('h2', { id: 'lessons' }, 'Lessons'),
    h(
      'p',
      { class: 'faint' },
      'Each runs for real against this server, with the account of the form, and leaves its flow.',
    ),
    result,
    h('div', { class: 'lessons' }, buttons),
  )
}

function lessonButton(name: LessonName, run: () => void): HTMLElement {
  const { title, teaches, movesClock } = lessonWords[name]
  const element = button('', () => element.getAttribute('aria-disabled') !== 'true' && run(), {
    class: 'lesson',
    'data-key': name,
  })
  element.append(
    h('b', {}, title),
    h('span', {}, teaches),
    ...(movesClock ? [h('small', {}, 'moves the server’s clock forward')] : []),
  )
  return element
}

function tell({ lesson, flowId, isAsExpected, steps }: LessonResult): HTMLElement {
  const last = steps.at(-1)
  return h(
    'section',
    { class: `card verdict-card ${isAsExpected ? 'fine' : 'refused'}` },
    h(
      'h3',
      {},
      isAsExpected ? lessonWords[lesson].title : `${lessonWords[lesson].title}: something else happened`,
    ),
    h(
      'ol',
      { class: 'lesson-steps' },
      steps.map(({ request, status, code, cause }) =>
        h(
          'li',
          {},
          h('span', { class: `status ${status >= 400 ? 'refused' : 'done'}` }, status),
          ' ',
          h('code', {}, request),
          code && ` ${code}${cause ? `: ${cause}` : ''}`,
        ),
      ),
    ),
    last?.fix && h('div', { class: 'fix' }, h('strong', {}, 'Do this'), h('p', {}, last.fix)),
    flowId &&
      h('a', { class: 'action', href: `${base}/flows/${flowId}`, 'data-link': true }, 'Open its flow'),
  )
}
