import { html } from '../utils/html.ts'
import type { ProblemCode } from './catalogue.ts'
import { clientSection, page } from './page.ts'
import type { Decision } from './trace.ts'

type Occurrence = {
  type: string
  title: string
  status: number
  detail: string
  fix: string
  cause?: string
  instance: string
  trace?: Decision[]
  inspect?: string
}

/** A refusal as a page: what a browser shows for an address that a program should have asked. */
export function occurrencePage(code: ProblemCode, occurrence: Occurrence): string {
  const { type, title, status, detail, fix, cause, instance, trace = [], inspect } = occurrence
  return page(
    `${code}: ${title}`,
    html`<h1>${title}</h1>
<p><code>${code}</code>${cause === undefined ? '' : html`, because of <code>${cause}</code>`}, HTTP status ${status}</p>
<h2>What happened</h2>
<p>${detail}</p>
<h2>What to do</h2>
<p><strong>${fix}</strong></p>
${clientSection(code)}${
  trace.length === 0
    ? ''
    : html`<h2>What was decided, in order</h2>
<ol>
${trace.map(({ check, ok, saw }) => html`<li>${check}: ${ok ? 'yes' : 'no'}, saw ${saw}</li>\n`)}</ol>
`
}<h2>More</h2>
<p><a href="${type}">Everything about <code>${code}</code></a></p>
${inspect === undefined ? '' : html`<p><a href="${inspect}">This flow, step by step</a></p>\n`}<p>Support code: <code>${instance}</code></p>
`,
  )
}
