import { type Html, html } from '../utils/html.ts'
import type { ProblemCode } from './catalogue.ts'
import { clientAdvice } from './clients.ts'

/**
 * A page without style and script, which the strict Content-Security-Policy of every answer would not let in: headings, lists and
 * `color-scheme` make it readable on a phone and on a desktop, by day and by night.
 */
export function page(title: string, content: Html): string {
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body>
<main>
${content}</main>
</body>
</html>
`}`
}

/** Nothing where all clients do the same. */
export function clientSection(code: ProblemCode): Html {
  const advices = clientAdvice(code)
  if (advices.length === 0) return html``
  return html`<h2>In your client</h2>
<dl>
${advices.map(
  ({ client, advice, sample }) => html`<dt>${client}</dt>
<dd><p>${advice}</p>${sample === undefined ? '' : html`<p><code>${sample}</code></p>`}</dd>
`,
)}</dl>
`
}
