import { type Html, html } from '../utils/html.ts'
import { background } from './background.ts'
import { catalogue, type ProblemCode } from './catalogue.ts'
import { causesOf, fixOf } from './causes.ts'
import { clientSection, page } from './page.ts'

/** The page behind the `type` of a refusal: what the code means in general, from the same tables as the refusals themselves. */
export function codePage(code: ProblemCode): string {
  const { status, title, meaning, fix } = catalogue[code]
  const { never, learns, related } = background[code]
  return page(
    `${code}: ${title}`,
    html`<h1>${title}</h1>
<p><code>${code}</code>, HTTP status ${status}</p>
<h2>What it means</h2>
<p>${meaning}</p>
<h2>What to do</h2>
<p>${fix}</p>
<h2>Why it happens</h2>
<p>The most frequent first. <code>cause</code> in the answer names the one that was observed.</p>
<dl>
${rankedCauses(code)}</dl>
${clientSection(code)}<h2>What it never means</h2>
<p>${never}</p>
<h2>What an attacker learns</h2>
<p>${learns}</p>
<h2>Related</h2>
<ul>
${related.map((other) => html`<li><a href="${other}"><code>${other}</code></a>: ${catalogue[other].title}</li>\n`)}</ul>
`,
  )
}

function rankedCauses(code: ProblemCode): Html[] {
  return causesOf(code)
    .toSorted((a, b) => b.howOften - a.howOften)
    .map(
      (
        row,
      ) => html`<dt id="${row.cause}"><code>${row.cause}</code>${row.shownIn === 'development' ? ' (named in development only)' : ''}</dt>
<dd><p>${row.means}</p>
<p><strong>Fix:</strong> ${fixOf(row)}</p></dd>
`,
    )
}
